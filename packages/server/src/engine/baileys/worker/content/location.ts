import type { ContentKind } from './kind.ts';

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
        latitude: degreesLatitude ?? 0,
        longitude: degreesLongitude ?? 0,
        ...(name ? { name } : {}),
        ...(address ? { address } : {}),
        ...(url ? { url } : {}),
      },
    };
  },
};
