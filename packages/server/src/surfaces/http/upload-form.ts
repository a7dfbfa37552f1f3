import type { IncomingMessage } from 'node:http';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream } from '@fastify/busboy';
import { MAX_MEDIA_BYTES } from '../../features/media/index.ts';
import type { Declared, Draft } from '../../platform/blob/drafts.ts';
import { WapingError } from '../../platform/errors.ts';

/** Nothing comes for so long: the sender is gone, or holds a place for nothing. */
const IDLE_MS = 30_000;
/** From then on a form has to have come, on the average, at 4 kB a second: one that drips holds a place too. */
const MIN_BYTES_PER_MS = 4;
/** Room around the file: boundaries, the headers of parts, fields. */
const FORM_BYTES = 256 * 1024;
const LIMITS = {
  files: 2,
  fields: 16,
  parts: 20,
  fieldNameSize: 100,
  fieldSize: 4_096,
  headerPairs: 20,
  /** Bytes of the headers of one part: a name of 255 letters, written in percent signs, and room. */
  headerSize: 8_192,
};

/** A form that arrived whole. */
export interface UploadForm extends AsyncDisposable {
  /** Its fields as texts, and `file`. */
  body: Record<string, unknown>;
}

type Receive = (file: Declared & { from: AsyncIterable<Uint8Array> }) => Promise<Draft>;

const bad = (message: string, param = 'body', cause?: unknown): WapingError =>
  new WapingError('VALIDATION_ERROR', message, { param, ...(cause === undefined ? {} : { cause }) });

const cut = (): WapingError => bad('the form did not arrive whole');

/** Refuses, before anything is read, what is no form or says itself that it is too long. */
function checkHeaders({ headers }: IncomingMessage): string {
  const type = headers['content-type'] ?? '';
  if (!/^multipart\/form-data\s*;/i.test(type)) {
    throw new WapingError('UNSUPPORTED_MEDIA_TYPE', 'send the file as multipart/form-data, in the field `file`');
  }
  if (Number(headers['content-length'] ?? 0) > MAX_MEDIA_BYTES + FORM_BYTES) {
    throw new WapingError('PAYLOAD_TOO_LARGE', 'the body is larger than 100 MiB', { param: 'file' });
  }
  return type;
}

/** A part that says nothing is given out as text (RFC 7578, 4.4): nothing is what it then says. */
const declaredType = (mimeType: string): string | null => (/^(text\/plain)?$/i.test(mimeType) ? null : mimeType);

/** Reads one form. Its file goes to disk as it comes; the first thing that is wrong ends the reading. */
class FormReader {
  readonly #raw: IncomingMessage;
  readonly #receive: Receive;
  readonly #form: InstanceType<typeof Busboy>;
  readonly #fields = new Map<string, string>();
  #file: Promise<Draft> | null = null;
  #stream: BusboyFileStream | null = null;
  #bytes = 0;
  #fail: (error: unknown) => void = () => undefined;

  constructor(raw: IncomingMessage, contentType: string, receive: Receive) {
    this.#raw = raw;
    this.#receive = receive;
    try {
      this.#form = new Busboy({ headers: { 'content-type': contentType }, limits: LIMITS });
    } catch (error) {
      throw bad('the Content-Type names no boundary', 'Content-Type', error);
    }
  }

  async read(): Promise<UploadForm> {
    let failure: unknown = null;
    try {
      await this.#untilRead();
    } catch (error) {
      failure = error;
    }
    this.#raw.unpipe(this.#form);
    if (failure !== null) this.#stream?.destroy(failure instanceof Error ? failure : cut());
    // The file on disk is whole, or gone again, before anything else happens.
    const draft = await this.#file?.catch((error: unknown) => {
      failure ??= error;
      return null;
    });
    if (failure !== null) {
      await draft?.[Symbol.asyncDispose]();
      throw failure;
    }
    if (!draft) throw bad('file: is missing: send one part with this name and a file name', 'file');
    const body = { ...Object.fromEntries(this.#fields), file: draft };
    return { body, [Symbol.asyncDispose]: () => draft[Symbol.asyncDispose]() };
  }

  async #untilRead(): Promise<void> {
    const raw = this.#raw;
    const from = performance.now();
    let idle: NodeJS.Timeout | undefined;
    const arm = () => {
      clearTimeout(idle);
      const dueIn = from + IDLE_MS + this.#bytes / MIN_BYTES_PER_MS - performance.now();
      idle = setTimeout(
        () => this.#fail(bad('the form stopped arriving, or comes too slowly')),
        Math.min(IDLE_MS, dueIn),
      );
    };
    const count = (chunk: Buffer) => {
      this.#bytes += chunk.length;
      arm();
      if (this.#bytes > MAX_MEDIA_BYTES + FORM_BYTES)
        this.#fail(new WapingError('PAYLOAD_TOO_LARGE', 'the body is larger than 100 MiB', { param: 'file' }));
    };
    const gone = () => {
      if (!raw.complete) this.#fail(cut());
    };
    try {
      await new Promise<void>((resolve, reject) => {
        this.#fail = reject;
        this.#form
          .on('field', (name, value, nameCut, valueCut) => this.#field(name ?? '', value, nameCut || valueCut))
          .on('file', (name, stream, fileName, _encoding, mimeType) =>
            this.#part(name ?? '', stream, { fileName: fileName || null, mimeType: declaredType(mimeType) }),
          )
          .on('partsLimit', () => reject(bad('the form has too many parts')))
          .on('fieldsLimit', () => reject(bad('the form has too many fields')))
          .on('filesLimit', () => reject(bad('file: send one file', 'file')))
          .on('error', (error: unknown) => reject(bad('the form is broken, or did not arrive whole', 'body', error)))
          .on('finish', resolve);
        arm();
        raw.on('data', count).on('close', gone).on('error', gone);
        raw.pipe(this.#form);
      });
    } finally {
      clearTimeout(idle);
      raw.off('data', count).off('close', gone).off('error', gone);
      raw.on('error', () => undefined);
    }
  }

  #field(name: string, value: string, isCut: boolean): void {
    if (isCut) this.#fail(bad(`${name.slice(0, 40)}: is longer than ${LIMITS.fieldSize} bytes`, name.slice(0, 40)));
    else if (this.#fields.has(name) || name === 'file') this.#fail(bad(`${name}: is there twice, or is no file`, name));
    else this.#fields.set(name, value);
  }

  #part(name: string, stream: BusboyFileStream, declared: Declared): void {
    // Without a listener an error on it, which is how reading is given up, would end the process.
    stream.on('error', () => undefined);
    if (this.#file !== null || name !== 'file') {
      stream.resume();
      this.#fail(bad(name === 'file' ? 'file: send one file' : `${name}: is no field of this form`, name));
      return;
    }
    this.#stream = stream;
    const from: Readable = stream;
    this.#file = this.#receive({ ...declared, from });
    this.#file.catch((error: unknown) => this.#fail(error));
  }
}

/**
 * Takes the form of an upload, its file to disk. Throws UNSUPPORTED_MEDIA_TYPE, PAYLOAD_TOO_LARGE as soon as it is too
 * long, VALIDATION_ERROR for what is broken, cut or stalled; nothing of it then stays on disk.
 */
export function readUploadForm(raw: IncomingMessage, receive: Receive): Promise<UploadForm> {
  const reader = new FormReader(raw, checkHeaders(raw), receive);
  return reader.read();
}
