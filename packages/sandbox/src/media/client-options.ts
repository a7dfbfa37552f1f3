import { Agent } from 'node:https';
import { rootCertificates } from 'node:tls';
import { DEFAULT_MEDIA_HOST } from './certificates.ts';

/** The two members of undici's dispatcher that `fetch` uses. */
interface Dispatcher {
  dispatch(options: { origin?: unknown }, handler: unknown): boolean;
  close(): Promise<void>;
}
type AgentClass = new (options: { connect: { ca: string[] } }) => Dispatcher;

/** Settings that lead an unmodified Baileys to the sandbox's media host. */
export interface MediaClientOptions {
  /** For `config.fetchAgent`: uploads go through `node:https`. */
  readonly fetchAgent: Agent;
  /** For `config.options.dispatcher`: downloads go through `fetch`. */
  readonly dispatcher: Dispatcher;
  close(): Promise<void>;
}

/**
 * Trusts the sandbox's CA for one client, without touching the process, and answers for WhatsApp's default media host:
 * blobs that carry a direct path but no URL (history, app-state snapshots) are otherwise looked for on the internet.
 */
export async function mediaClientOptions(media: { host: string; caPem: string }): Promise<MediaClientOptions> {
  const ca = [...rootCertificates, media.caPem];
  const fetchAgent = new Agent({ ca });
  const BuiltInAgent = await builtInAgentClass();
  const agent = new BuiltInAgent({ connect: { ca } });
  const here = `https://${media.host}`;
  return {
    fetchAgent,
    dispatcher: {
      dispatch: (options, handler) =>
        agent.dispatch(isDefaultHost(options.origin) ? { ...options, origin: here } : options, handler),
      close: () => agent.close(),
    },
    async close() {
      fetchAgent.destroy();
      await agent.close();
    },
  };
}

function isDefaultHost(origin: unknown): boolean {
  return String(origin) === `https://${DEFAULT_MEDIA_HOST}`;
}

/** Node keeps the dispatcher of its own `fetch` under this well-known symbol, from the first use of `fetch` on. */
async function builtInAgentClass(): Promise<AgentClass> {
  await fetch('data:,');
  const dispatcher: unknown = Reflect.get(globalThis, Symbol.for('undici.globalDispatcher.1'));
  const made: unknown = typeof dispatcher === 'object' && dispatcher !== null ? dispatcher.constructor : undefined;
  if (typeof made !== 'function') throw new Error('this Node has no built-in fetch dispatcher');
  return agentClass(made);
}

/** Safe because Node's global dispatcher is an undici `Agent` unless a program has replaced it by one of its own. */
function agentClass(made: object): AgentClass {
  return made as AgentClass;
}
