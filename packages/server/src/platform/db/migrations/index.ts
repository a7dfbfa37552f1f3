import { initial } from './0001-initial.ts';
import { people } from './0003-people.ts';
import type { Migration } from './migration.ts';

/** Every migration, oldest first. Numbers are never reused; a released migration is never edited. */
export const migrations: readonly Migration[] = [initial, people];
