import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { type LabOptions, parseOptions, USAGE } from './arguments.js';
import { createBackends } from './backends.js';
import { createBreakerLab } from './breaker.js';
import { startGateway } from './child.js';
import { drainUnderLoad } from './drain.js';
import { createFindings } from './findings.js';
import { runHostile } from './hostile.js';
import { runHostileConfigs } from './hostile-config.js';
import { createLagMeter } from './lag.js';
import { createLoad } from './load.js';
import { runPhases } from './phases.js';
import { createProbe } from './probe.js';
import type { Message } from './protocol.js';
import { createRandom } from './random.js';
import { createReport, showFinding } from './report.js';
import { buildConfig, LAB } from './shapes.js';
import { runStrain } from './strain.js';
import { createSchedule, nextHealthy, type Turn } from './turn.js';

const WARM_UP = 2000;
const WARM_UP_TIME = 10_000;
/** What one answer may cost beyond the limit: a read that was under way and the socket's buffers. */
const READ_SLACK = 1024 * 1024 + 128 * 1024;
const DRAIN_TIME = 3000;
/** A gateway that is this broken need not be looked at any longer. */
const ENOUGH = 200;

function print(text: string): void {
  process.stdout.write(text);
}

function say(what: string): void {
  print(`${(performance.now() / 1000).toFixed(1).padStart(6)} s  ${what}\n`);
}

/** Everything around the gateway, and the gateway. */
async function setUp(options: LabOptions) {
  const { seed, host } = options;
  const canary = `canary${createRandom(seed, 7).hex(16)}`;
  const canaries = [canary, '127.0.0.1', 'node_modules', 'at file:', '/dist/'];
  const prefix = host === 'http' ? '' : '/api';
  const backends = await createBackends();
  const breaker = await createBreakerLab(pathToFileURL(options.entry));
  const probe = await createProbe();
  const findings = createFindings(seed, print);
  const lag = createLagMeter();
  const { healthy, faulty } = backends.routes;
  const light = healthy.filter(({ shape }) => !shape.isHeavy);
  const config = buildConfig([...light, ...faulty.map(({ route }) => route)], [...breaker.endpoints, probe.endpoint]);
  const schedule = createSchedule({ seed, routes: backends.routes, only: options.only, canary, prefix });

  function onMessage(message: Message): void {
    if (message.type === 'stall') lag.add(message.from, message.to, message.starved);
    else if (message.type === 'violation') findings.add(message);
    else if (message.type === 'read') checkRead(message);
  }

  function checkRead({ port, bytes }: Message & { type: 'read' }): void {
    // Connections to several backends may share the port: it may be that of any of these calls.
    const calls = backends.callsFrom(port);
    const allowed = calls.map(({ role, sentBefore }) => sentBefore + backends.capOf(role));
    if (bytes <= Math.max(...(calls.length > 0 ? allowed : [LAB.cap])) + READ_SLACK) return;
    findings.add({ invariant: 'I12', message: `${bytes} bytes were read up to an answer (${calls[0]?.target})` });
  }

  const gateway = await startGateway({ entry: options.entry, config, host, prefix, canaries, cap: LAB.cap }, onMessage);
  const isCanary = (text: string): boolean => canaries.some((one) => text.includes(one));
  const { port } = gateway;
  const load = createLoad({ port, rate: options.rate, backends, lag, isCanary, onFinding: findings.add });
  const attack = { seed, port, prefix, backends, canary, isCanary, onFinding: findings.add };

  async function tearDown(): Promise<number> {
    gateway.kill();
    lag.stop();
    await Promise.all([backends.close(), breaker.close(), probe.close()]);
    return findings.all().length > 0 ? 1 : 0;
  }

  return { backends, breaker, probe, findings, lag, schedule, gateway, load, attack, prefix, tearDown };
}

type Lab = Awaited<ReturnType<typeof setUp>>;

async function replay(
  { schedule, load, findings, tearDown }: Lab,
  { seed }: LabOptions,
  number: number,
): Promise<number> {
  let turn: Turn | undefined = schedule(number);
  const played = turn;
  await load.run(1, function onlyOnce() {
    const next = turn;
    turn = undefined;
    return next;
  });
  await load.settle();
  const message = `${JSON.stringify(load.tally.kinds)}, ${findings.all().length} violations, ${findings.timed()} by the clock`;
  print(showFinding({ turn: played, result: undefined, invariant: 'replayed', message }, seed));
  return tearDown();
}

async function soak(options: LabOptions): Promise<number> {
  say(`seed ${options.seed}: starting`);
  const lab = await setUp(options);
  if (options.turn !== undefined) return replay(lab, options, options.turn);
  const { backends, findings, gateway, load, schedule } = lab;
  let number = 0;

  /** Violations that the run was to stop at. */
  function isFound(): boolean {
    return findings.all().some(({ invariant }) => options.bail.includes(invariant));
  }

  function isOver(): boolean {
    return findings.all().length > ENOUGH || isFound();
  }

  function turnsUntil(isDone: () => boolean): () => Turn | undefined {
    return function nextTurn() {
      return isDone() || isOver() ? undefined : schedule(number++);
    };
  }

  say('warming up');
  // A process that has just started compiles what it runs: nobody sends it sixty requests at once.
  await load.run(
    2,
    turnsUntil(() => number >= Math.min(100, options.requests)),
  );
  const warm = performance.now() + WARM_UP_TIME;
  await load.run(
    options.connections,
    turnsUntil(() => number >= Math.min(WARM_UP, options.requests) || performance.now() > warm),
  );
  await load.settle();
  if (isFound()) return lab.tearDown();
  await sleep(1000);
  const before = await gateway.stats(true);

  say('under load');
  lab.probe.start(gateway.port, lab.prefix, lab.lag, findings.add);
  const startedAt = performance.now();
  const end = startedAt + options.seconds * 1000;
  await load.run(
    options.connections,
    turnsUntil(() => performance.now() >= end || load.tally.requests >= options.requests),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  await load.settle();
  if (isFound()) return lab.tearDown();

  const loaded = await gateway.stats();
  say('under attack');
  const hostile = await runHostile(lab.attack, 'requests', options.hostile);
  const smuggled = await runHostile(lab.attack, 'smuggling', Math.ceil(options.hostile / 5));
  const breaker = await lab.breaker.run(gateway.port, lab.prefix, findings.add);

  await lab.probe.stop();
  say('under strain');
  const stage = { entry: options.entry, lag: lab.lag, report: findings.add };
  const strain = await runStrain(stage);
  if (isFound()) return lab.tearDown();

  say('with large documents, caches, full pools, bad clients and reloads');
  const phases = await runPhases(stage, backends, options.seed, isFound);
  if (!phases) return lab.tearDown();

  const configs = await runHostileConfigs(
    options.entry,
    buildConfig(backends.routes.healthy, lab.breaker.endpoints),
    Math.ceil(options.hostile / 5),
    createRandom(options.seed, 4),
    findings.add,
  );

  say('at rest');
  await sleep(1000);
  const after = await gateway.stats();
  for (const stray of backends.strays) findings.add({ invariant: 'I7', message: `a call that nobody made: ${stray}` });

  say('closing');
  const drain = await drainUnderLoad({
    ...{ gateway, backends, connections: options.connections, limit: DRAIN_TIME, onFinding: findings.add },
    next: () => nextHealthy(schedule, () => number++),
  });
  const report = createReport({
    ...{
      options,
      load,
      lag: lab.lag,
      backends,
      hostile,
      smuggled,
      configs,
      breaker,
      strain,
      phases,
      before,
      loaded,
      after,
      probe: lab.probe.times,
      seconds,
      drain,
    },
    timed: findings.timed(),
    stderr: gateway.stderr(),
  });
  findings.judge(report);
  print(report.text(findings.all()));
  return lab.tearDown();
}

const entry = new URL('../../../dist/esm/index.js', import.meta.url).pathname;
const args = process.argv.slice(2);
if (args.includes('--help')) print(`${USAGE}\n`);
else process.exitCode = await soak(parseOptions(args, entry));
