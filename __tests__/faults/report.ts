import type { LabOptions } from './arguments.js';
import type { Backends } from './backends.js';
import type { BreakerFigures } from './breaker.js';
import type { DrainFigures } from './drain.js';
import type { Figure } from './figures.js';
import type { HostileTally } from './hostile.js';
import type { ConfigFigures } from './hostile-config.js';
import type { LagMeter } from './lag.js';
import type { Finding, Load } from './load.js';
import type { PhaseFigures } from './phases.js';
import type { Stats } from './protocol.js';
import { LAB } from './shapes.js';
import type { StrainFigures } from './strain.js';
import type { Violation } from './verify.js';

const MEBIBYTE = 1024 * 1024;

export interface ReportInput {
  readonly options: LabOptions;
  readonly load: Load;
  readonly lag: LagMeter;
  /** Findings that the clock tells. */
  readonly timed: number;
  readonly hostile: HostileTally;
  readonly smuggled: HostileTally;
  readonly configs: ConfigFigures;
  readonly breaker: BreakerFigures | undefined;
  readonly strain: StrainFigures;
  readonly phases: PhaseFigures;
  readonly backends: Backends;
  readonly before: Stats;
  /** Right after the load. */
  readonly loaded: Stats;
  readonly after: Stats;
  /** Milliseconds in which the good client was served. */
  readonly probe: Figure;
  readonly seconds: number;
  readonly drain: DrainFigures;
  readonly stderr: string;
}

export interface Report {
  /** Those of the whole run: I9, I10, I11, I13, I14 and the shares. */
  readonly violations: readonly Violation[];
  /** The machine was too busy for what the clock tells. */
  readonly isStarved: boolean;
  text(findings: readonly Finding[]): string;
}

/** A machine that keeps the gateway waiting for more than this share of the time says nothing about the gateway's. */
const STARVED = 0.15;

function starvedShare({ lag, seconds }: ReportInput): number {
  return lag.totals().starved / (seconds * 1000);
}

/** Resources that come and go with the lab's own work in the process. */
const OWN_RESOURCES = new Set(['Timeout', 'Immediate', 'PipeWrap', 'TickObject']);

export function createReport(input: ReportInput): Report {
  const { load, before, loaded, after, drain, stderr } = input;
  const { exit } = drain;
  const { tally } = load;
  const violations: Violation[] = [];
  const check = (isFine: boolean, invariant: string, message: string): void => {
    if (!isFine) violations.push({ invariant, message });
  };
  const growth = (after.heap - before.heap) / MEBIBYTE;
  check(growth < 5, 'I10', `the heap grew by ${growth.toFixed(2)} MiB`);
  check(
    after.maxRss - before.rss < 256 * MEBIBYTE,
    'I10',
    `the resident size rose by ${((after.maxRss - before.rss) / MEBIBYTE).toFixed(0)} MiB`,
  );
  for (const [kind, count] of Object.entries(after.resources)) {
    const was = before.resources[kind] ?? 0;
    // Pools keep sockets: more than the clients ever had at a time would be a leak.
    const room = kind === 'TCPSocketWrap' ? input.options.connections * 2 : 0;
    check(OWN_RESOURCES.has(kind) || count <= was + room, 'I10', `${count} active ${kind} instead of ${was}`);
  }
  const isStarved = input.options.untimed || starvedShare(input) > STARVED;
  const checkTime: typeof check = isStarved ? () => {} : check;
  checkTime(loaded.loopMax < 150, 'I11', `the loop stood still for ${loaded.loopMax.toFixed(0)} ms`);
  checkTime(loaded.loopP99 < 30, 'I11', `the loop's delay has a p99 of ${loaded.loopP99.toFixed(0)} ms`);
  for (const { invariant, message } of input.strain.overload.timed) checkTime(false, invariant, message);
  check(after.prototypes === before.prototypes, 'I9', 'a built-in prototype has other keys than before');
  check(stderr === '', 'I9', `the process printed: ${stderr.slice(0, 500)}`);
  check(
    after.open.length === 0,
    'I13',
    `${after.open.length} requests never ended: ${after.open.slice(0, 5).join(', ')}`,
  );
  check(after.accepted === after.finished + after.aborted + after.open.length, 'I13', 'the counters do not add up');
  check(
    exit !== undefined && exit.code === 0,
    'I14',
    exit ? `the process ended with ${exit.code ?? exit.signal}` : 'the process did not end',
  );
  // What one moment in a hundred had to wait for the machine is in every hundredth time that was measured.
  const machine = input.lag.wait(100);
  checkTime(
    tally.missed <= Math.max(2, tally.requests * 0.001),
    'I4',
    `${tally.missed} answers lacked parts that had come in time`,
  );
  checkTime(
    tally.aborts.percentile(0.99) <= 50 + machine,
    'I5',
    `the p99 of hanging up is ${tally.aborts.percentile(0.99).toFixed(1)} ms, ${machine} of which may be the machine's`,
  );
  checkTime(
    tally.overrun.percentile(0.99) <= 25 + machine,
    'I4',
    `the p99 beyond the deadline is ${tally.overrun.percentile(0.99).toFixed(1)} ms, ${machine} of which may be the machine's`,
  );

  return {
    violations,
    isStarved,
    text(findings) {
      return `${[...lines(input), ...verdict(findings, input.options)].join('\n')}\n`;
    },
  };
}

function* lines(input: ReportInput): Generator<string> {
  const { load, lag, backends, hostile, smuggled, configs, breaker, before, loaded, after, seconds, drain, options } =
    input;
  const { tally } = load;
  const { overrun, aborts, healthy } = tally;
  const ids = new Map<string, number>();
  for (const [key, count] of backends.played) {
    const id = key.split(' ')[0] as string;
    ids.set(id, (ids.get(id) ?? 0) + count);
  }
  yield '';
  yield `fault lab   seed ${options.seed}, ${tally.requests} requests in ${seconds.toFixed(0)} s on ${options.connections} connections, ${options.host}`;
  if (Number.isFinite(options.requests) && tally.requests < options.requests) {
    yield `            fewer than the ${options.requests} asked for: the time was up`;
  }
  yield `answers     ${Object.entries(tally.kinds)
    .map(([kind, count]) => `${kind} ${count}`)
    .join(', ')}; late ${tally.late}, ${tally.missed} of them for no reason`;
  yield `faults      ${[...ids]
    .sort()
    .map(([id, count]) => `${id} ${count}`)
    .join(', ')}`;
  yield `G1 G2       see the violations below; ${after.logLines} log lines read`;
  yield `G3          over the deadline of ${LAB.timeout} (merge ${LAB.mergeTimeout}) ms by p50 ${overrun.percentile(0.5).toFixed(1)}, p99 ${overrun.percentile(0.99).toFixed(1)}, max ${overrun.max().toFixed(1)} ms in ${overrun.count()} turns`;
  yield `G4          backends hung up on after p50 ${aborts.percentile(0.5).toFixed(1)}, p99 ${aborts.percentile(0.99).toFixed(1)}, max ${aborts.max().toFixed(1)} ms in ${aborts.count()} calls`;
  yield `G5          heap ${mib(before.heap)} to ${mib(after.heap)}, resident ${mib(before.rss)}, at most ${mib(after.maxRss)}`;
  const { overload, storm } = input.strain;
  yield `G6          ${overload.goodput.toFixed(0)} good answers per second of ${overload.offered.toFixed(0)} requests, where ${overload.peak.toFixed(0)} is the most; at most ${overload.mostAtWork} calls at a time`;
  yield `            p99: turned away ${overload.shed.toFixed(1)}, let in ${overload.accepted.toFixed(0)} ms; half the load before ${overload.before.toFixed(0)}, after ${overload.after.toFixed(0)} ms; health at most ${overload.health.toFixed(1)} ms`;
  yield `G7          ${storm.calls} calls for ${storm.offered} requests of an outage, ${storm.stale} of them on connections from before, at most ${storm.mostPerRead} for one; ${storm.writes} writes, each sent ${storm.mostPerWrite} time at most`;
  yield breaker
    ? `G8          ${breaker.whileOpen} calls while open, ${breaker.probes} probe for ${breaker.waiting} waiting clients, recovered after ${breaker.recovery.toFixed(0)} ms`
    : 'G8          pending: there is no circuit breaker in this build';
  yield `G9          loop delay p99 ${loaded.loopP99.toFixed(1)}, max ${loaded.loopMax.toFixed(1)} ms; ${((loaded.cpu - before.cpu) / Math.max(1, loaded.accepted - before.accepted)).toFixed(0)} µs of processor per request`;
  yield `            large documents hold it for ${Object.entries(input.phases.sizes)
    .map(([name, milliseconds]) => `${name} ${milliseconds.toFixed(0)}`)
    .join(', ')} ms`;
  yield `I15         a good client was served in p50 ${input.probe.percentile(0.5).toFixed(1)}, p99 ${input.probe.percentile(0.99).toFixed(1)}, max ${input.probe.max().toFixed(1)} ms, ${input.probe.count()} times`;
  yield `G10         ${hostile.requests} hostile requests: ${answers(hostile)}`;
  yield `F01         ${smuggled.requests} tries at smuggling: ${answers(smuggled)}`;
  yield `G11         ${configs.mutations} mutated configurations: ${configs.refused} refused, ${configs.accepted} accepted and alive`;
  const { cache, stray, pool, clients, reload } = input.phases;
  for (const [store, { reads, calls, writes }] of Object.entries(cache))
    yield `cache       ${store}: ${calls} calls for ${reads} reads, ${writes} writes`;
  yield `strays      ${stray.strays} answers that nobody asked for among ${stray.requests} requests: ${stray.foreign} reached a client, ${stray.failed} requests failed`;
  yield `pool        ${pool.served} served over ${pool.mostConnections} connections at most, ${pool.gaveUp} gave up`;
  yield `clients     places of those who do not read are free after ${clients.freed.toFixed(0)} ms; ${(clients.perUpload / 1024).toFixed(0)} KiB of heap for ${clients.body} chunks of a byte`;
  yield `reload      ${reload.reloads} times under ${reload.requests} requests, ${(reload.leftBehind / 1024).toFixed(1)} KiB of heap for each`;
  yield `G13         ${drain.underWay} under way when it was to close, ${drain.refused} turned away, done after ${drain.milliseconds.toFixed(0)} ms, code ${drain.exit?.code ?? 'none'}`;
  const { driver, gateway } = lag.totals();
  yield `machine     the driver stood still for ${driver.toFixed(0)} ms in all, the gateway for ${gateway.toFixed(0)} ms; one moment in a hundred finds them so for ${lag.wait(100)} ms`;
  if (input.options.untimed || starvedShare(input) > STARVED)
    yield `            ${input.options.untimed ? 'as asked' : 'too busy with other things'}: times were not judged, ${input.timed} findings with them`;
  yield `turns       p50 ${healthy.percentile(0.5).toFixed(1)}, p99 ${healthy.percentile(0.99).toFixed(1)} ms where nothing ran into the deadline`;
}

function answers({ answers }: HostileTally): string {
  return Object.entries(answers)
    .map(([outcome, count]) => `${outcome} ${count}`)
    .join(', ');
}

function mib(bytes: number): string {
  return `${(bytes / MEBIBYTE).toFixed(1)} MiB`;
}

function* verdict(findings: readonly Finding[], { seed }: LabOptions): Generator<string> {
  if (findings.length === 0) {
    yield 'no violation';
    return;
  }
  const counts = new Map<string, number>();
  for (const { invariant } of findings) counts.set(invariant, (counts.get(invariant) ?? 0) + 1);
  yield `${findings.length} VIOLATIONS  ${[...counts].map(([invariant, count]) => `${invariant} ${count}`).join(', ')}`;
  const turn = findings.find((finding) => finding.turn)?.turn;
  if (turn) yield `replay      npm run faults -- --seed ${seed} --turn ${turn.number}`;
}

/** Everything one needs to look into a violation. */
export function showFinding({ turn, result, invariant, message }: Finding, seed: number): string {
  const out = [`\n${invariant}: ${message}`];
  if (turn) {
    out.push(`  seed ${seed}, turn ${turn.number}, client ${turn.behaviour} ${turn.delay} ms`);
    for (const request of turn.requests) {
      out.push(
        `  ${request.route.path}: ${request.parts.map((part) => `${part.role.name} ${part.id} ${part.name}`).join(' | ')}`,
      );
      out.push(`    ${request.bytes.toString('latin1').split('\r\n')[0]}`);
      for (const call of request.calls) {
        const base = result?.startedAt ?? call.at;
        const at = (moment: number | undefined): string => (moment === undefined ? '-' : (moment - base).toFixed(1));
        out.push(
          `    ${call.role} called at ${at(call.at)}, done ${at(call.doneAt)}, closed ${at(call.closedAt)} by ${call.closedBy ?? '-'}: ${call.method} ${call.target}`,
        );
      }
    }
  }
  if (result) {
    out.push(`  ended ${result.ending} after ${(result.endedAt - result.startedAt).toFixed(1)} ms`);
    out.push(`  got ${JSON.stringify(result.received.subarray(0, 700).toString('latin1'))}`);
  }
  return `${out.join('\n')}\n`;
}
