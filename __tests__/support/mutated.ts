/** Whether `npm run mutate` runs the tests: then each of them runs again for every planted bug that it reaches. */
export const isMutated = process.env['MUTATE'] !== undefined;

/** How many random inputs a test takes: a hundredth while bugs are planted, which is enough to meet one. */
export function turns(count: number): number {
  return isMutated ? Math.ceil(count / 100) : count;
}
