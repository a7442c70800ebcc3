import { ConfigError, type ConfigIssue } from '../errors.js';

/** What is wrong according to each of the attempts; a fault of one does not hide those of the others. */
export function thrownFaults(attempts: readonly (() => unknown)[]): readonly ConfigIssue[] {
  return attempts.flatMap((attempt) => {
    try {
      attempt();
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.issues;
      throw error;
    }
  });
}
