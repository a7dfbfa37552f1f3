import { createTransport, type Transporter } from 'nodemailer';
import type { Logger } from './log.ts';

const TIMEOUT_MS = 15_000;
const MAX_PENDING = 200;

export interface Mail {
  to: string;
  subject: string;
  text: string;
}

/** Sends mail over SMTP, beside the request that asked for it: its time must not tell who has an account. */
export class Mailer implements AsyncDisposable {
  readonly #transport: Transporter;
  readonly #from: string;
  readonly #log: Logger;
  readonly #pending = new Set<Promise<void>>();

  constructor(options: { url: string; from: string; log: Logger }) {
    this.#transport = createTransport({
      url: options.url,
      connectionTimeout: TIMEOUT_MS,
      greetingTimeout: TIMEOUT_MS,
      socketTimeout: TIMEOUT_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
    this.#from = options.from;
    this.#log = options.log;
  }

  /** Hands a mail over. A failure is logged, without address or text; whoever waits for the mail asks again. */
  send(mail: Mail): void {
    if (this.#pending.size >= MAX_PENDING) {
      this.#log.error('mail not sent: too many wait for the SMTP server');
      return;
    }
    const sent: Promise<void> = this.#deliver(mail).finally(() => this.#pending.delete(sent));
    this.#pending.add(sent);
  }

  async #deliver(mail: Mail): Promise<void> {
    try {
      await this.#transport.sendMail({ from: this.#from, ...mail });
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
      this.#log.error({ code }, 'mail not sent: check WAPING_SMTP_URL and WAPING_MAIL_FROM');
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#pending);
    this.#transport.close();
  }
}
