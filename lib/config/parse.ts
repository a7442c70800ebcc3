import { ConfigError } from '../errors.js';
import { advise } from './advise.js';
import { checkConfig } from './check.js';
import { copyConfig, freezeDeep } from './copy.js';
import { compileEndpointPath } from './endpoint-path.js';
import { show } from './explain.js';
import { inherit } from './inherit.js';
import { adviseOnLeftovers } from './leftovers.js';
import type { Path } from './path.js';
import { readConfig } from './read.js';
import { createReport, type Report } from './report.js';
import type { Config } from './resolved.js';
import { compileUrlPattern, PatternSyntaxError } from './url-pattern.js';
import type { Vocabulary } from './vocabulary.js';

export type { Vocabulary } from './vocabulary.js';

/**
 * Turns what the author wrote, in either dialect of KrakenD, into a frozen configuration that is complete and sound.
 * The input is copied: changing it later has no effect.
 *
 * @throws {ConfigError} that lists every fault.
 */
export function parseConfig(input: unknown, vocabulary: Vocabulary): Config {
  const report = createReport();
  const root = readConfig(copyConfig(input, report), vocabulary, report);
  const config = inherit(root, {
    passthrough: vocabulary.passthrough,
    pathOf: (endpoint) => compile(compileEndpointPath, endpoint.raw.endpoint, [...endpoint.path, 'endpoint'], report),
    patternOf: (backend) =>
      compile(compileUrlPattern, backend.raw.url_pattern, [...backend.path, 'url_pattern'], report),
  });
  checkConfig(config, root, vocabulary, report);
  if (report.issues.length > 0) throw new ConfigError(report.issues);
  advise(config, root, vocabulary);
  adviseOnLeftovers(config, root, vocabulary, report);
  return freezeDeep(config);
}

function compile<T>(compiler: (text: string) => T, text: string, path: Path, report: Report): T {
  try {
    return compiler(text);
  } catch (error) {
    if (!(error instanceof PatternSyntaxError)) throw error;
    report.add(path, `${show(text)} ${error.message}`);
    return compiler('/');
  }
}
