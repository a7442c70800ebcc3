// What the backends answer with. Made once, the same in every process: no randomness.

/** @param {number} id */
export function user(id) {
  return {
    id,
    name: `Customer number ${id}`,
    email: `customer.${id}@shop.example`,
    active: id % 7 !== 0,
    created_at: '2024-05-01T12:00:00.000Z',
    address: {
      street: '12 Long Connection',
      city: 'Springfield',
      zip: '01234',
      country: 'NL',
      geo: { lat: 52.37, lon: 4.89 },
    },
    plan: { name: 'business', seats: 25, renews: '2027-01-01', features: ['reports', 'export', 'sso'] },
    tags: ['early-adopter', 'newsletter', 'beta'],
    avatar: `https://cdn.shop.example/avatars/${id}.png`,
    manager: null,
  };
}

/** @param {number} id */
export function order(id) {
  return {
    id,
    sku: `SKU-${id}-AB`,
    status: id % 3 === 0 ? 'open' : 'shipped',
    total: 19.99 + (id % 7),
    currency: 'EUR',
    lines: [
      { product: `p-${id}`, quantity: 1 + (id % 3), price: 9.99 },
      { product: `p-${id + 1}`, quantity: 2, price: 4.5 },
    ],
    internal: { warehouse: 'AMS-3', picker: `e-${id % 40}`, margin: 0.31 },
    notes: 'Leave at the door of the neighbours when nobody answers, please.',
    updated_at: '2026-02-03T04:05:06.000Z',
  };
}

/**
 * A document of about `bytes` bytes: a list of `make(id)` under `key`, and how many there are under `count_<key>`.
 *
 * @param {string} key
 * @param {number} bytes
 * @param {(id: number) => object} make
 */
export function list(key, bytes, make) {
  const items = [];
  for (let size = 0; size < bytes; ) {
    const item = make(1000 + items.length);
    size += JSON.stringify(item).length + 1;
    items.push(item);
  }
  return { [`count_${key}`]: items.length, [key]: items };
}
