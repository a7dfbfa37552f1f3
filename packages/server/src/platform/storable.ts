// Neither database takes these in text or JSON: the character with code 0, and half of a surrogate pair.
const UNSTORABLE = /[\0\p{Surrogate}]/u;
const EACH_UNSTORABLE = /[\0\p{Surrogate}]/gu;
const REPLACEMENT = '\uFFFD';

/** Whether a database can hold the text. */
export function isStorable(text: string): boolean {
  return !UNSTORABLE.test(text);
}

function replaceIn(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(EACH_UNSTORABLE, REPLACEMENT);
  if (Array.isArray(value)) return value.map(replaceIn);
  if (value === null || typeof value !== 'object' || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, replaceIn(item)]));
}

/**
 * The value with every character no database can hold replaced by U+FFFD. For what strangers write: refusing it would
 * make WhatsApp deliver it again for ever, and hold up everything committed with it.
 */
export function storable<T>(value: T): T {
  // Strings become strings and containers keep their names: the type stays.
  return replaceIn(value) as T;
}
