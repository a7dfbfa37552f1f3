/** One event of a stream. */
export interface StreamEvent<T> {
  /** Name of the event; `message` where the stream gave none. */
  event: string;
  /** Where the stream can be taken up again; null where it cannot. */
  id: string | null;
  data: T;
}

/** Longest event that is taken, in characters: a stream that never ends a line must not fill the memory. */
const MAX_EVENT = 4 * 1024 * 1024;

interface Fields {
  event: string;
  id: string | null;
  data: string[];
}

function fieldsOf(block: string): Fields {
  const fields: Fields = { event: 'message', id: null, data: [] };
  for (const line of block.split('\n')) {
    const at = line.indexOf(':');
    const name = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? '' : line.slice(at + 1).replace(/^ /, '');
    if (name === 'event') fields.event = value;
    else if (name === 'id') fields.id = value;
    else if (name === 'data') fields.data.push(value);
  }
  return fields;
}

/** Reads server-sent events whose data is JSON. Comments that keep the connection alive are passed over. */
export async function* readEvents<T>(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent<T>> {
  const reader = body.getReader();
  const decoder = new TextDecoder();
  let rest = '';
  try {
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      rest = `${rest}${decoder.decode(piece.value, { stream: true })}`.replaceAll('\r\n', '\n');
      for (let end = rest.indexOf('\n\n'); end >= 0; end = rest.indexOf('\n\n')) {
        const { event, id, data } = fieldsOf(rest.slice(0, end));
        rest = rest.slice(end + 2);
        if (data.length > 0) yield { event, id, data: JSON.parse(data.join('\n')) };
      }
      if (rest.length > MAX_EVENT) throw new Error('an event of the stream is too long');
    }
  } finally {
    // Also where the caller leaves the loop: the connection ends with it.
    await reader.cancel().catch(() => undefined);
  }
}
