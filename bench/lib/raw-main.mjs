// The yardstick: unmodified Baileys in one process, credentials and keys in memory, told what to do over IPC.
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { generateMessageIDV2, initAuthCreds, makeWASocket, WA_CERT_DETAILS } from 'baileys';
import { pino } from 'pino';

const logger = pino({ level: 'silent' });
const sessions = new Map();
/** A session that lost its connection has a new one within seconds, or something is wrong. */
const MAX_TRIES = 60;
const RETRY_MS = 250;
let url = '';

/** Values are kept by reference: nothing is serialised, which is the most a store can be ahead of a real one. */
function memoryKeys(data) {
  return {
    get: async (type, ids) => {
      const known = data.get(type);
      const found = {};
      for (const id of ids) {
        const value = known?.get(id);
        if (value !== undefined) found[id] = value;
      }
      return found;
    },
    set: async (changes) => {
      for (const [type, entries] of Object.entries(changes)) {
        if (!data.has(type)) data.set(type, new Map());
        const known = data.get(type);
        for (const [id, value] of Object.entries(entries)) {
          if (value === null || value === undefined) known.delete(id);
          else known.set(id, value);
        }
      }
    },
  };
}

class Session {
  constructor(number, { creds = initAuthCreds(), data = new Map() } = {}) {
    this.number = number;
    this.creds = creds;
    this.data = data;
    this.waiting = { qr: null, open: null };
  }

  connect() {
    const sock = makeWASocket({
      auth: { creds: this.creds, keys: memoryKeys(this.data) },
      waWebSocketUrl: url,
      logger,
      browser: ['WAPing', 'Chrome', '1.0'],
      syncFullHistory: false,
      markOnlineOnConnect: false,
      emitOwnEvents: false,
      generateHighQualityLinkPreview: false,
    });
    this.sock = sock;
    sock.ev.process((events) => {
      if (events['creds.update']) Object.assign(this.creds, events['creds.update']);
      const update = events['connection.update'];
      if (!update) return;
      if (update.qr) this.waiting.qr?.(update.qr);
      if (update.connection === 'open') this.waiting.open?.();
      // 515 after pairing, and a first handshake that was too slow: connect again.
      if (update.connection === 'close' && !this.closed) this.connect();
    });
  }

  until(what) {
    return new Promise((resolve) => {
      this.waiting[what] = resolve;
    });
  }
}

/** One chat's messages, one after the other; what meets a closed connection goes again on the next, under its id. */
async function sendChat({ session, to, count, text }) {
  const jid = `${to.slice(1)}@s.whatsapp.net`;
  for (let n = 0; n < count; n++) {
    const messageId = generateMessageIDV2(session.sock.user?.id);
    for (let tries = 1; ; tries++) {
      try {
        await session.sock.relayMessage(jid, { conversation: text }, { messageId });
        break;
      } catch (error) {
        if (tries === MAX_TRIES) throw error;
        await sleep(RETRY_MS);
      }
    }
  }
}

const orders = {
  init: ({ network, stored }) => {
    url = network.url;
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(network.rootKey, 'hex');
    WA_CERT_DETAILS.SERIAL = 0;
    if (!stored) return;
    for (const one of deserialize(readFileSync(stored))) sessions.set(one.number, new Session(one.number, one));
  },
  qr: async ({ number }) => {
    const session = new Session(number);
    sessions.set(number, session);
    const qr = session.until('qr');
    session.opened = session.until('open');
    session.connect();
    return qr;
  },
  opened: ({ number }) => sessions.get(number).opened,
  /** Opens every stored session at once. */
  open: async () => {
    await Promise.all(
      [...sessions.values()].map((session) => {
        const opened = session.until('open');
        session.connect();
        return opened;
      }),
    );
  },
  send: async ({ chats, count, text }) => {
    await Promise.all(chats.map(({ from, to }) => sendChat({ session: sessions.get(from), to, count, text })));
  },
  save: ({ file }) => {
    const all = Array.from(sessions.values(), ({ number, creds, data }) => ({ number, creds: { ...creds }, data }));
    writeFileSync(file, serialize(all), { mode: 0o600 });
  },
};

process.on('message', async ({ call, order, input }) => {
  try {
    process.send({ call, result: await orders[order](input) });
  } catch (error) {
    process.send({ call, failure: String(error) });
  }
});
process.on('disconnect', () => process.exit(0));
// As a program around the bare library would: a session's failed query must not end the others.
process.on('unhandledRejection', () => {});
