import { parseArgs } from 'node:util';

export interface LabOptions {
  readonly seed: number;
  readonly seconds: number;
  /** Ends the run as soon as that many requests are done. */
  readonly requests: number;
  /** Replays one turn alone. */
  readonly turn: number | undefined;
  readonly only: readonly string[];
  /** How many hostile requests follow the load; a fifth as many tries at smuggling come on top. */
  readonly hostile: number;
  readonly connections: number;
  /** Turns per second, at most; 0 for as many as can be. */
  readonly rate: number;
  readonly host: (typeof HOSTS)[number];
  /** The gateway to test: a file that exports `createGateway`. */
  readonly entry: string;
  /** Stop at the first violation of these invariants. */
  readonly bail: readonly string[];
  /** Report what the clock tells, and judge only what no busy machine explains. */
  readonly untimed: boolean;
}

const HOSTS = ['express5', 'express5-options', 'express4', 'connect', 'http'] as const;

export const USAGE = `npm run faults -- [options]
  --seed N         everything random follows from it (default: drawn, and printed)
  --seconds N      length of the load (default 60)
  --requests N     end the load after so many requests
  --turn N         replay one turn alone and show it
  --only Z07,Z13   only these faults, and more of them
  --hostile N      hostile requests after the load (default 5000)
  --connections N  clients at a time (default 64)
  --rate N         turns per second at most, 0 for no limit (default 400)
  --host NAME      ${HOSTS.join(', ')} (default express5)
  --entry FILE     another build of the gateway
  --bail I2,I5     stop at the first violation of these
  --untimed        report times, judge only those that no busy machine explains`;

function listOf(text: string): string[] {
  return text === '' ? [] : text.split(',');
}

export function parseOptions(args: readonly string[], defaultEntry: string): LabOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seed: { type: 'string' },
      seconds: { type: 'string', default: '60' },
      requests: { type: 'string' },
      turn: { type: 'string' },
      only: { type: 'string', default: '' },
      hostile: { type: 'string', default: '5000' },
      connections: { type: 'string', default: '64' },
      rate: { type: 'string', default: '400' },
      host: { type: 'string', default: 'express5' },
      entry: { type: 'string', default: defaultEntry },
      bail: { type: 'string', default: '' },
      untimed: { type: 'boolean', default: false },
    },
  });
  const host = HOSTS.find((name) => name === values.host);
  if (!host) throw new Error(`--host must be one of ${HOSTS.join(', ')}`);
  const number = (name: string, text: string): number => {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 0) throw new Error(`--${name} must be a whole number, not ${text}`);
    return value;
  };
  return {
    seed: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : number('seed', values.seed),
    seconds: number('seconds', values.seconds),
    requests: values.requests === undefined ? Number.POSITIVE_INFINITY : number('requests', values.requests),
    turn: values.turn === undefined ? undefined : number('turn', values.turn),
    only: listOf(values.only),
    hostile: number('hostile', values.hostile),
    connections: number('connections', values.connections),
    rate: number('rate', values.rate),
    host,
    entry: values.entry,
    bail: listOf(values.bail),
    untimed: values.untimed,
  };
}
