import type { Json } from '../kit/api.ts';
import { asJson } from './spec.ts';

const ID = /\b([a-z]{2,4})_[0-9a-hjkmnp-tv-z]{26}\b/g;
const WHOLE_ID = /^[a-z]{2,4}_[0-9a-hjkmnp-tv-z]{26}$/;
const KEEP = 30;

/** Ids in a text, by what is before their underscore. */
export function idsIn(text: string): { prefix: string; id: string }[] {
  return [...text.matchAll(ID)].map(([id, prefix = '']) => ({ prefix, id }));
}

function keep(map: Map<string, string[]>, key: string, value: string): void {
  const others = (map.get(key) ?? []).filter((one) => one !== value);
  map.set(key, [...others, value].slice(-KEEP));
}

/** What one caller was told: ids by prefix, and the values of fields by their name, the latest of each. */
export class Memory {
  readonly #ids = new Map<string, string[]>();
  readonly #fields = new Map<string, string[]>();
  readonly #things = new Map<string, Json[]>();
  readonly #secret: string;

  /** @param secret what must never be said again: it marks the data of this caller */
  constructor(secret: string) {
    this.#secret = secret;
  }

  learn(text: string): void {
    for (const { prefix, id } of idsIn(text)) if (prefix !== 'req') keep(this.#ids, prefix, id);
    this.#walk(JSON.parse(text));
  }

  /** Oldest first. */
  ids(prefix: string): readonly string[] {
    return this.#ids.get(prefix) ?? [];
  }

  values(field: string): readonly string[] {
    return this.#fields.get(field) ?? [];
  }

  /** Whole objects by the prefix of their id, oldest first. */
  things(prefix: string): readonly Json[] {
    return this.#things.get(prefix) ?? [];
  }

  #keepThing(thing: Json): void {
    const id = String(thing['id']);
    const [prefix = ''] = id.split('_');
    const others = (this.#things.get(prefix) ?? []).filter((one) => one['id'] !== id);
    this.#things.set(prefix, [...others, thing].slice(-KEEP));
  }

  // What follows # in a link is the secret that the link is for.
  #keep(name: string, text: string): void {
    keep(this.#fields, name, text);
    const fragment = /^https?:.*#([\w-]{20,})$/.exec(text)?.[1];
    if (fragment) keep(this.#fields, 'token', fragment);
  }

  #walk(value: unknown): void {
    if (Array.isArray(value)) for (const item of value) this.#walk(item);
    else if (value !== null && typeof value === 'object') {
      const thing = asJson(value);
      if (typeof thing['id'] === 'string' && WHOLE_ID.test(thing['id'])) this.#keepThing(thing);
      for (const [name, item] of Object.entries(asJson(value))) {
        if (typeof item === 'string' && item.length < 2_000 && !item.includes(this.#secret)) this.#keep(name, item);
        else this.#walk(item);
      }
    }
  }
}
