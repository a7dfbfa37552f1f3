import { byteField, byteFields } from './protobufs.mjs';

// Signal's RecordStructure and SessionStructure (libsignal, storage.proto).
const CURRENT_SESSION = 1;
const PREVIOUS_SESSION = 2;
const ALICE_BASE_KEY = 13;
/** What libsignal keeps of earlier sessions (ARCHIVED_STATES_MAX_LENGTH). */
const MAX_PREVIOUS = 40;

function sessionsOf(record) {
  const sessions = { current: undefined, previous: [] };
  for (const { field, body } of byteFields(record)) {
    if (field === CURRENT_SESSION) sessions.current = body;
    else if (field === PREVIOUS_SESSION) sessions.previous.push(body);
  }
  return sessions;
}

/** What a session is known by on both sides: the base key of who began it. */
function nameOf(session) {
  for (const { field, body } of byteFields(session)) {
    if (field === ALICE_BASE_KEY) return Buffer.from(body).toString('base64');
  }
  return '';
}

/**
 * The record to store after a message was opened. The bridge (0.5.4, 0.5.5) tries the sessions of a contact in turn,
 * the current one first, and one that cannot open the message has then taken its ratchet step all the same: stored so,
 * it opens nothing of the contact any more. Two who begin to write at once meet it, for each has a session of its own
 * beside the other's. Only the session that opened the message, the current one of `after`, may differ from `before`.
 */
export function withOthersUntouched(before, after) {
  const [was, is] = [sessionsOf(before), sessionsOf(after)];
  if (!was.current || !is.current) return after;
  const opened = nameOf(is.current);
  if (nameOf(was.current) === opened) return after;
  const others = [was.current, ...was.previous.filter((session) => nameOf(session) !== opened)];
  const previous = others.slice(0, MAX_PREVIOUS).map((session) => byteField(PREVIOUS_SESSION, session));
  return Buffer.concat([byteField(CURRENT_SESSION, is.current), ...previous]);
}
