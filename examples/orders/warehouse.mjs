/** What another service makes of an order: its text, as it came, becomes a confirmation. */
export function confirm(id, text) {
  try {
    const { item, count } = JSON.parse(text);
    if (typeof item === 'string' && Number.isInteger(count) && count > 0) {
      return { order: id, status: 'confirmed', item, count };
    }
  } catch {
    // No JSON: it is no order.
  }
  return { order: id, status: 'refused' };
}
