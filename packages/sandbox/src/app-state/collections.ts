/** App-state collections every account has, in the order clients ask for them. */
export const COLLECTIONS = [
  'critical_block',
  'critical_unblock_low',
  'regular_high',
  'regular_low',
  'regular',
] as const;
export type CollectionName = (typeof COLLECTIONS)[number];

export function isCollectionName(name: string | undefined): name is CollectionName {
  return COLLECTIONS.some((known) => known === name);
}
