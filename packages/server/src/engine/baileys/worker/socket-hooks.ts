import { EventEmitter } from 'node:events';

/** The web socket under Baileys' client, as far as the adapter touches it. */
export interface RawSocket {
  write(frame: Uint8Array): void;
  /** Replaces the sender Baileys uses; its callback is answered at once. */
  intercept(send: (frame: Uint8Array) => void): void;
  /** Says goodbye, and cuts the connection when no answer comes within `graceMs`. Resolves when it is closed. */
  close(graceMs: number): Promise<void>;
  /** Cuts the TCP connection. */
  terminate(): void;
}

/**
 * Reaches through Baileys' WebSocketClient to its `ws` socket (a protected field since 7.0.0-rc; its `send(bytes, cb)`
 * calls `socket.send` at the time of the call, so replacing that method is enough).
 */
export function rawSocket(client: EventEmitter): RawSocket {
  const socket: unknown = Reflect.get(client, 'socket');
  if (!(socket instanceof EventEmitter)) throw new TypeError('the engine has no socket');
  const send = method(socket, 'send');
  const close = method(socket, 'close');
  const terminate = method(socket, 'terminate');
  return {
    write: (frame) => {
      send(frame, () => {});
    },
    intercept: (take) => {
      Reflect.set(socket, 'send', (frame: Uint8Array, done?: () => void) => {
        take(frame);
        done?.();
      });
    },
    close: (graceMs) =>
      new Promise((resolve) => {
        const timer = setTimeout(terminate, graceMs);
        socket.once('close', () => {
          clearTimeout(timer);
          resolve();
        });
        close();
      }),
    terminate: () => {
      terminate();
    },
  };
}

/**
 * Makes every listener's failure, thrown or rejected, reach `fault` instead of the process. Baileys handles frames in
 * async listeners; a stanza it does not expect (trap 1) would otherwise end all sessions of this worker.
 */
export function guardListeners(emitter: EventEmitter, fault: (error: unknown) => void): void {
  emitter.emit = (event, ...args: unknown[]): boolean => {
    const listeners = emitter.rawListeners(event);
    for (const listener of listeners) {
      try {
        const result: unknown = Reflect.apply(listener, emitter, args);
        if (result instanceof Promise) result.catch(fault);
      } catch (error) {
        fault(error);
      }
    }
    return listeners.length > 0;
  };
}

/** What Baileys reports when a connection went away under it, or a query got no answer. */
export const CONNECTION_CODES: ReadonlySet<number> = new Set([408, 428]);

/** The code of an error stanza WhatsApp answered a query with; Baileys carries it as the Boom error's data. */
export function answerCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('data' in error)) return undefined;
  return typeof error.data === 'number' && error.data > 0 ? error.data : undefined;
}

/** The status code of a Boom error, which is how Baileys says why a connection ended. */
export function errorCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null || !('output' in error)) return undefined;
  const { output } = error;
  if (typeof output !== 'object' || output === null || !('statusCode' in output)) return undefined;
  return typeof output.statusCode === 'number' ? output.statusCode : undefined;
}

function method(target: object, name: string): (...args: unknown[]) => unknown {
  const found: unknown = Reflect.get(target, name);
  if (typeof found !== 'function') throw new TypeError(`the engine's socket has no ${name}`);
  return (...args) => Reflect.apply(found, target, args);
}
