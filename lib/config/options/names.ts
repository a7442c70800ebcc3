/** Names of what comes with the gateway, for editors and the JSON Schema. A test compares them with what there is. */
export const ENCODINGS = ['json', 'fast-json', 'safejson', 'string', 'xml', 'rss', 'yaml', 'no-op'] as const;
export const OUTPUT_ENCODINGS = [
  'json',
  'fast-json',
  'json-collection',
  'string',
  'xml',
  'yaml',
  'negotiate',
  'no-op',
] as const;
export const BALANCERS = ['round_robin', 'random', 'weighted', 'least_in_flight', 'power_of_two_choices'] as const;
export const SUBSCRIBERS = ['static', 'dns'] as const;
