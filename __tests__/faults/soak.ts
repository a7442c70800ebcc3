import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type LabOptions, parseOptions, USAGE } from './arguments.js';
import { createBackends } from './backends.js';
import { startGateway } from './child.js';
import { runHostile } from './hostile.js';
import { createLagMeter } from './lag.js';
import { createLoad, type Finding } from './load.js';
import type { Message } from './protocol.js';
import { createRandom } from './random.js';
import { createReport, showFinding } from './report.js';
import { buildConfig, LAB } from './shapes.js';
import { createSchedule, type Turn } from './turn.js';

const WARM_UP = 2000;
const WARM_UP_TIME = 10_000;
const MEBIBYTE = 1024 * 1024;
/** What one answer may cost beyond the limit: a read that was under way and the socket's buffers. */
const READ_SLACK = MEBIBYTE;
/** Milliseconds beyond the limit that no busy machine explains. */
const CERTAIN = 500;
const DRAIN_TIME = 3000;

async function soak(options: LabOptions): Promise<number> {
  const { seed } = options;
  const canary = `canary${createRandom(seed, 7).hex(16)}`;
  const backends = await createBackends();
  const { healthy, faulty } = backends.routes;
  const config = buildConfig([...healthy, ...faulty.map(({ route }) => route)]);
  const prefix = options.host === 'http' ? '' : '/api';
  const schedule = createSchedule({ ...options, routes: backends.routes, canary, prefix });
  const canaries = [canary, '127.0.0.1', 'node_modules', 'at file:', '/dist/'];
  const isCanary = (text: string): boolean => canaries.some((one) => text.includes(one));
  const lag = createLagMeter();
  const findings: Finding[] = [];
  /** Told by the clock: they count unless the machine turns out to have been too busy to tell. */
  const timed: Finding[] = [];

  const shown = new Map<string, number>();

  function find(finding: Finding): void {
    const isCertain = finding.excess === undefined || finding.excess >= CERTAIN;
    if (isCertain) {
      findings.push(finding);
      show(finding);
    } else timed.push(finding);
  }

  /** Shows the first few of each kind: the same fault tends to come back. */
  function show(finding: Finding): void {
    const kind = `${finding.invariant} ${finding.message.replaceAll(/[a-z]\d+|\d+/g, '#').slice(0, 20)}`;
    const times = (shown.get(kind) ?? 0) + 1;
    shown.set(kind, times);
    if (times <= 2 && shown.size <= 40) process.stdout.write(showFinding(finding, options));
  }

  function fromChild(message: Message): void {
    if (message.type === 'stall') lag.add(message.from, message.to, message.starved);
    else if (message.type === 'violation') find({ turn: undefined, result: undefined, ...message });
    else if (message.type === 'read') checkRead(message.port, message.bytes);
  }

  function checkRead(port: number, bytes: number): void {
    const call = backends.callFrom(port);
    const read = bytes - (call?.sentBefore ?? 0);
    if (read > LAB.cap + READ_SLACK) {
      find({
        turn: undefined,
        result: undefined,
        invariant: 'I12',
        message: `${read} bytes of one answer were read (${call?.target})`,
      });
    }
  }

  function say(what: string): void {
    process.stdout.write(`${(performance.now() / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
  }

  say(`seed ${seed}: starting`);
  const gateway = await startGateway(
    { entry: options.entry, config, host: options.host, prefix, canaries, cap: LAB.cap },
    fromChild,
  );
  const load = createLoad({ port: gateway.port, rate: options.rate, backends, lag, isCanary, onFinding: find });

  if (options.turn !== undefined) {
    let turn: Turn | undefined = schedule(options.turn);
    const replayed = turn;
    await load.run(1, () => {
      const next = turn;
      turn = undefined;
      return next;
    });
    await load.settle();
    process.stdout.write(
      showFinding(
        {
          turn: replayed,
          result: undefined,
          invariant: 'turn',
          message: `as replayed: ${JSON.stringify(load.tally.kinds)}`,
        },
        options,
      ),
    );
    gateway.kill();
    await backends.close();
    lag.stop();
    return findings.length > 0 ? 1 : 0;
  }

  let number = 0;
  say('warming up');
  // A process that has just started compiles what it runs: nobody sends it sixty requests at once.
  const warm = performance.now() + WARM_UP_TIME;
  await load.run(2, () => (number < Math.min(100, options.requests) ? schedule(number++) : undefined));
  await load.run(options.connections, function warmUpTurn() {
    const isOver = number >= Math.min(WARM_UP, options.requests) || performance.now() > warm || findings.length > 200;
    return isOver ? undefined : schedule(number++);
  });
  await load.settle();
  await sleep(1000);
  const before = await gateway.stats(true);

  say('under load');
  const startedAt = performance.now();
  const end = startedAt + options.seconds * 1000;
  await load.run(options.connections, function nextTurn() {
    const isOver = performance.now() >= end || load.tally.requests >= options.requests;
    return isOver || (options.bail && findings.length > 0) || findings.length > 200 ? undefined : schedule(number++);
  });
  const seconds = (performance.now() - startedAt) / 1000;
  await load.settle();
  say('under attack');
  const attack = { seed, port: gateway.port, prefix, backends, canary, isCanary, onFinding: find };
  const hostile = await runHostile(attack, 'requests', options.hostile);
  const smuggled = await runHostile(attack, 'smuggling', Math.ceil(options.hostile / 5));
  say('at rest');
  await sleep(1000);
  const after = await gateway.stats();
  for (const stray of backends.strays)
    find({ turn: undefined, result: undefined, invariant: 'I7', message: `a call that nobody made: ${stray}` });

  say('closing');
  const closing = performance.now();
  const isClosed = await Promise.race([
    gateway.close(DRAIN_TIME).then(() => true),
    sleep(DRAIN_TIME + 1000).then(() => false),
  ]);
  if (!isClosed) find({ turn: undefined, result: undefined, invariant: 'I14', message: 'close() did not end' });
  const exit = await Promise.race([gateway.exited, sleep(1000).then(() => undefined)]);
  const report = createReport({
    lag,
    timed: timed.length,
    options,
    load,
    backends,
    hostile,
    smuggled,
    before,
    after,
    seconds,
    exit,
    closing: performance.now() - closing,
    stderr: gateway.stderr(),
  });
  if (!report.isStarved) {
    findings.push(...timed);
    for (const finding of timed) show(finding);
  }
  for (const violation of report.violations) find({ turn: undefined, result: undefined, ...violation });
  process.stdout.write(report.text(findings));
  if (!exit) gateway.kill();
  await backends.close();
  lag.stop();
  return findings.length > 0 ? 1 : 0;
}

const entry = new URL('../../../dist/esm/index.js', import.meta.url).pathname;
const args = process.argv.slice(2);
if (args.includes('--help')) {
  process.stdout.write(`${USAGE}\n`);
} else {
  process.exitCode = await soak(parseOptions(args, entry));
}
