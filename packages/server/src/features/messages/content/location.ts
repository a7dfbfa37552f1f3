import { z } from 'zod';

const latitude = z.number().meta({ description: 'Degrees, north positive.', examples: [52.520008] });
const longitude = z.number().meta({ description: 'Degrees, east positive.', examples: [13.404954] });
const name = z.string().meta({ description: 'Name of the place.', examples: ['Brandenburg Gate'] });
const address = z.string().meta({ description: 'Its address.', examples: ['Pariser Platz, Berlin'] });
const url = z.string().meta({ description: 'A page about it.', examples: ['https://example.com/gate'] });

export const locationInput = z.strictObject({
  latitude: latitude.min(-90).max(90),
  longitude: longitude.min(-180).max(180),
  name: name.min(1).max(1_000).optional(),
  address: address.min(1).max(1_000).optional(),
  url: z
    .url({ protocol: /^https?$/ })
    .max(2_048)
    .meta({ description: 'A page about it, http or https.', examples: ['https://example.com/gate'] })
    .optional(),
});

export const locationShown = z.object({
  latitude,
  longitude,
  name: name.optional(),
  address: address.optional(),
  url: url.optional(),
});
