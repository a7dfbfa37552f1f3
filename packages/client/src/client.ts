import { Api } from './generated/api.ts';
import { Transport, type WapingOptions } from './transport.ts';

/** A WAPing server, seen by a program. Failures the server tells of are WapingApiError. */
export class Waping extends Api {
  constructor(options: WapingOptions) {
    super(new Transport(options));
  }
}
