/** Where blobs lie that come with a path and no address (history, app-state snapshots), and where pictures do. */
const ORIGINS: ReadonlySet<string> = new Set(['https://mmg.whatsapp.net', 'https://pps.whatsapp.net']);

/** Node keeps the dispatcher of its own `fetch` under this well-known symbol, from the first use of `fetch` on. */
const DISPATCHER = Symbol.for('undici.globalDispatcher.1');

/**
 * Makes another host answer for WhatsApp's media hosts in this process, so that the sessions of a simulated
 * network never look for its blobs on the internet. The process serves one network alone.
 */
export async function answerDefaultMediaHost(mediaHost: string): Promise<void> {
  await fetch('data:,');
  const dispatcher: unknown = Reflect.get(globalThis, DISPATCHER);
  if (dispatcher === null || typeof dispatcher !== 'object') throw new Error('this Node.js has no fetch dispatcher');
  const here = `https://${mediaHost}`;
  const redirected = new Proxy(dispatcher, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      if (name !== 'dispatch') return value.bind(target);
      return (options: { origin?: unknown }, handler: unknown): unknown =>
        Reflect.apply(value, target, [isDefault(options) ? { ...options, origin: here } : options, handler]);
    },
  });
  Reflect.set(globalThis, DISPATCHER, redirected);
}

function isDefault(options: { origin?: unknown }): boolean {
  return ORIGINS.has(String(options.origin));
}
