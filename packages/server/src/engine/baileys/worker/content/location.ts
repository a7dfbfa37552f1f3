import type { ContentKind } from './kind.ts';

/** Degrees of a stranger. A double on the wire may be no number at all, which neither JSON nor a map can hold. */
function degrees(value: number | null | undefined, max: number): number {
  const given = value ?? 0;
  return Number.isFinite(given) ? Math.max(-max, Math.min(max, given)) : 0;
}

export const location: ContentKind<'location'> = {
  write({ location: { latitude, longitude, name, address, url } }) {
    return {
      locationMessage: {
        degreesLatitude: latitude,
        degreesLongitude: longitude,
        ...(name === undefined ? {} : { name }),
        ...(address === undefined ? {} : { address }),
        ...(url === undefined ? {} : { url }),
      },
    };
  },
  read({ locationMessage: found }) {
    if (!found) return undefined;
    const { degreesLatitude, degreesLongitude, name, address, url } = found;
    return {
      type: 'location',
      location: {
        latitude: degrees(degreesLatitude, 90),
        longitude: degrees(degreesLongitude, 180),
        ...(name ? { name } : {}),
        ...(address ? { address } : {}),
        ...(url ? { url } : {}),
      },
    };
  },
};
