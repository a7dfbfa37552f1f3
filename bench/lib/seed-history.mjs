// A history as years of traffic leave it, written straight into the database.
const BATCH = 5_000;
const CHATS = 2_000;
const WORDS = 20_000;
const PER_MESSAGE = 12;
/** Messages that hold the rare word, however many there are: a search for it finds as much in each history. */
export const RARE = { word: 'quokka', times: 20 };
/** In nearly every third message. */
export const COMMON = 'order';
const SECOND_MS = 1_000;

/** The same numbers in every run: a small generator with a seed. */
function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const SYLLABLES = ['ka', 'lo', 'mi', 'ren', 'tu', 'vas', 'el', 'dor', 'ping', 'sa', 'ni', 'hof', 'ber', 'gul'];

function wordOf(n) {
  let word = '';
  for (let rest = n + 14; rest > 0; rest = Math.floor(rest / 14)) word += SYLLABLES[rest % 14];
  return word;
}

/** Few words make up most of a text, as in every language. */
function bodyOf(random, { rare }) {
  const words = Array.from({ length: PER_MESSAGE }, () => wordOf(Math.floor(WORDS ** random())));
  if (random() < 0.3) words[3] = COMMON;
  if (rare) words[5] = RARE.word;
  return words.join(' ');
}

async function seedChats(db, { workspaceId, deviceId, newId, number }) {
  const contacts = Array.from({ length: CHATS }, () => newId('con'));
  const chats = Array.from({ length: CHATS }, () => newId('cnv'));
  await db.query(
    `insert into contact (id, workspace_id, phone, name) select * from unnest($1::text[], $2::text[], $3::text[], $4::text[])`,
    [
      contacts,
      contacts.map(() => workspaceId),
      contacts.map((_, n) => `+49${number}${1_000_000 + n}`),
      contacts.map((_, n) => `${wordOf(n)} ${wordOf(n * 7)}`),
    ],
  );
  await db.query(
    `insert into conversation (id, workspace_id, device_id, kind, contact_id)
     select r.id, r.workspace_id, r.device_id, 'person', r.contact_id
     from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as r (id, workspace_id, device_id, contact_id)`,
    [chats, chats.map(() => workspaceId), chats.map(() => deviceId), contacts],
  );
  return chats;
}

/**
 * Writes `count` messages, a second apart, the last of them now, over 2,000 chats. Returns their ids, oldest first.
 */
export async function seedHistory(db, { workspaceId, deviceId, count, number, newId, firstIdAt }) {
  const random = generator(count);
  const chats = await seedChats(db, { workspaceId, deviceId, newId, number });
  const start = Date.now() - count * SECOND_MS;
  const every = Math.floor(count / RARE.times);
  const ids = [];
  for (let from = 0; from < count; from += BATCH) {
    const rows = Array.from({ length: Math.min(BATCH, count - from) }, (_, n) => {
      const at = new Date(start + (from + n) * SECOND_MS);
      const id = firstIdAt('msg', at).slice(0, 14) + newId('msg').slice(14);
      const inbound = random() < 0.5;
      const body = bodyOf(random, { rare: (from + n) % every === 0 });
      return { id, at, inbound, body, chat: chats[Math.floor(random() * CHATS)] };
    });
    await db.query(
      `insert into message (id, workspace_id, device_id, conversation_id, direction, wa_id, origin, type, content, status,
         status_rank, sent_at, created_at, status_at)
       select r.id, $1, $2, r.chat, r.direction, 'SEED' || r.id, case r.direction when 'inbound' then 'contact' else 'api' end,
         'text', jsonb_build_object('text', jsonb_build_object('body', r.body)),
         case r.direction when 'inbound' then 'received' else 'read' end, 9, r.at, r.at, r.at
       from unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::timestamptz[]) as r (id, chat, direction, body, at)`,
      [
        workspaceId,
        deviceId,
        rows.map((row) => row.id),
        rows.map((row) => row.chat),
        rows.map((row) => (row.inbound ? 'inbound' : 'outbound')),
        rows.map((row) => row.body),
        rows.map((row) => row.at),
      ],
    );
    for (const row of rows) ids.push(row.id);
  }
  return ids;
}
