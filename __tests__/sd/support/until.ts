const PATIENCE_MS = 5_000;

/** Lets real I/O happen until the check holds, while timers may be faked; fails after five seconds. */
export async function until(check: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MS;
  while (!check()) {
    if (performance.now() > end) throw new Error(`It never came true that ${check}`);
    await new Promise((resolve) => setImmediate(resolve));
  }
}
