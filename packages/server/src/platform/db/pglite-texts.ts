import type { WireStatement, WorkerRequest } from './pglite-protocol.ts';
import type { WireValue } from './values.ts';

/** A statement on its way to the worker: its text by number where the worker knows it. */
interface PackedStatement {
  text: number | string;
  values: WireValue[];
}

type Packed<R> = R extends { statements: WireStatement[] }
  ? Omit<R, 'statements'> & { statements: PackedStatement[] }
  : R;

/** One message to the worker: requests, and the texts that it gets to know with them, in the order of their numbers. */
export interface PackedRequests {
  texts: string[];
  requests: Packed<WorkerRequest>[];
}

/** Texts known by number; one that comes later goes as it is. Far more than there are statements in the source. */
const MAX_TEXTS = 2_000;

/** Packs requests for one worker: a send names kilobytes of SQL, the same every time, and each text was copied each time. */
export class TextSender {
  readonly #numbers = new Map<string, number>();

  pack(requests: readonly WorkerRequest[]): PackedRequests {
    const texts: string[] = [];
    const packed = requests.map((request) =>
      'statements' in request
        ? { ...request, statements: request.statements.map((statement) => this.#packed(statement, texts)) }
        : request,
    );
    return { texts, requests: packed };
  }

  #packed({ sql, values }: WireStatement, fresh: string[]): PackedStatement {
    const known = this.#numbers.get(sql);
    if (known !== undefined) return { text: known, values };
    if (this.#numbers.size >= MAX_TEXTS) return { text: sql, values };
    const number = this.#numbers.size;
    this.#numbers.set(sql, number);
    fresh.push(sql);
    return { text: number, values };
  }
}

/** The worker's side of `TextSender`: messages must come in the order they were packed. */
export class TextReceiver {
  readonly #texts: string[] = [];

  unpack({ texts, requests }: PackedRequests): WorkerRequest[] {
    this.#texts.push(...texts);
    return requests.map((request) =>
      'statements' in request
        ? { ...request, statements: request.statements.map((statement) => this.#unpacked(statement)) }
        : request,
    );
  }

  #unpacked({ text, values }: PackedStatement): WireStatement {
    if (typeof text === 'string') return { sql: text, values };
    const sql = this.#texts[text];
    if (sql === undefined) throw new Error(`The statement text ${text} was never sent`);
    return { sql, values };
  }
}
