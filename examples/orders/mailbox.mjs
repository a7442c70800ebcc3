/** Hands each confirmation to the request that waits for it. What no request here waits for belongs to another process. */
export function createMailbox() {
  const waiting = new Map();

  function wait(id, signal) {
    return new Promise((resolve, reject) => {
      waiting.set(id, resolve);
      signal.addEventListener('abort', () => {
        waiting.delete(id);
        reject(signal.reason);
      });
    });
  }

  function deliver(id, confirmation) {
    waiting.get(id)?.(confirmation);
    waiting.delete(id);
  }

  return { wait, deliver };
}
