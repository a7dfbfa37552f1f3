import { parsePhoneNumberFromString } from 'libphonenumber-js';
import { minutesOf, type Pacing } from '../../features/devices/index.ts';

const MINUTE_MS = 60_000;
const STEP_MS = 15 * MINUTE_MS;
const STEPS = 96;
const DAY_MINUTES = 24 * 60;
/** Offsets change with summer time; so long they are remembered. */
const KEEP_MS = 15 * MINUTE_MS;

interface Known {
  offsets: number[];
  until: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();
const byCountry = new Map<string, Known>();

// A method in newer versions of V8, a property before; the compiler's library has neither.
function zonesOf(country: string): string[] {
  const locale = new Intl.Locale('und', { region: country });
  const method: unknown = Reflect.get(locale, 'getTimeZones');
  const zones: unknown =
    typeof method === 'function' ? Reflect.apply(method, locale, []) : Reflect.get(locale, 'timeZones');
  return Array.isArray(zones) ? zones.map(String) : [];
}

/** Minutes a zone is ahead of UTC at a moment. */
function offsetOf(zone: string, at: Date): number {
  const format =
    formats.get(zone) ?? new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset', year: 'numeric' });
  formats.set(zone, format);
  const name = format.formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? 'GMT';
  const [, sign = '+', hours = '0', minutes = '0'] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name) ?? [];
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}

function countriesOf(phone: string | null): string[] {
  const parsed = phone === null ? undefined : parsePhoneNumberFromString(phone);
  if (!parsed) return [];
  return parsed.country ? [parsed.country] : parsed.getPossibleCountries();
}

function offsetsOfCountry(country: string, now: Date): number[] {
  const known = byCountry.get(country);
  if (known && known.until > now.getTime() && known.until - KEEP_MS <= now.getTime()) return known.offsets;
  const offsets = [...new Set(zonesOf(country).map((zone) => offsetOf(zone, now)))];
  byCountry.set(country, { offsets, until: now.getTime() + KEEP_MS });
  return offsets;
}

/**
 * How far ahead of UTC, in minutes, clocks may be where a number is at home: all zones of its country, since the number
 * does not tell which. Of a number without a country, those of `home`; failing that too, UTC.
 */
export function offsetsFor(phone: string | null, home: string | null, now: Date): number[] {
  for (const number of [phone, home]) {
    const offsets = [...new Set(countriesOf(number).flatMap((country) => offsetsOfCountry(country, now)))];
    if (offsets.length > 0) return offsets;
  }
  return [0];
}

/** In how many of the places the clock is within these hours. */
function quietIn(hours: Pacing['quietHours'], offsets: readonly number[], at: number): number {
  const [from, to] = [minutesOf(hours.from), minutesOf(hours.to)];
  return offsets.filter((offset) => {
    const minute = (((Math.floor(at / MINUTE_MS) + offset) % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
    return from < to ? minute >= from && minute < to : minute >= from || minute < to;
  }).length;
}

/**
 * Until when it is quiet; null when it is not. Where several places are meant it is quiet while it is in any of them, and
 * where the whole day would be quiet so, outside the hours at which it is in the fewest.
 */
export function quietUntil(hours: Pacing['quietHours'], offsets: readonly number[], now: Date): Date | null {
  const start = now.getTime();
  const first = Math.ceil((start + 1) / STEP_MS) * STEP_MS;
  const times = Array.from({ length: STEPS }, (_, n) => first + n * STEP_MS);
  const counts = times.map((at) => quietIn(hours, offsets, at));
  const least = Math.min(...counts);
  if (quietIn(hours, offsets, start) <= least) return null;
  const at = times[counts.indexOf(least)];
  return at === undefined ? null : new Date(at);
}
