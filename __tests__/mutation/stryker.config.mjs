import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  plugins: ['@stryker-mutator/vitest-runner'],
  testRunner: 'vitest',
  vitest: { configFile: '__tests__/mutation/vitest.config.mjs', related: false },
  coverageAnalysis: 'perTest',
  ignoreStatic: true,
  // A changed message is a changed text, not a changed behaviour.
  mutator: { excludedMutations: ['StringLiteral'] },
  concurrency: 2,
  // Longer than a test may hang: what the machine was too busy for is not taken for a killed mutant.
  timeoutMS: 20_000,
  timeoutFactor: 3,
  dryRunTimeoutMinutes: 10,
  // Stryker reads tsconfig.json with TypeScript's old API, and Vitest needs no rewritten one.
  tsconfigFile: 'none',
  inPlace: false,
  ignorePatterns: ['dist'],
  tempDirName: join(tmpdir(), 'express-tributary-mutation'),
  reporters: ['clear-text', 'json', 'progress-append-only'],
  jsonReporter: { fileName: 'node_modules/.cache/mutation/report.json' },
  incrementalFile: 'node_modules/.cache/mutation/incremental.json',
  clearTextReporter: { allowColor: false, allowEmojis: false, logTests: false, reportTests: false },
};
