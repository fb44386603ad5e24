/**
 * `npm run soak -- --minutes 10`: eight threads do random operations on all primitives and a queue, with random
 * timeouts, aborts, and deaths of threads; the last third of the time is `soak-futures.mjs`. Ends with
 * 1 when an invariant does not hold, a thread has not moved for half a minute, or memory has grown. The
 * heaps are kept small (package.json): the collector would let those of eight threads grow for minutes.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { Queue } from 'nogil/queue';
import * as threading from 'nogil/threading';
import { A, act, BOUNDED, describeCheck, OPERATIONS, SEMAPHORE, W } from '../test/stress/actors.mjs';

const { native } = createRequire(import.meta.url)('../dist/internal/native.js');
const { values } = parseArgs({ options: { minutes: { type: 'string' }, seconds: { type: 'string' } } });
const SECONDS = Number(values.seconds ?? 60 * Number(values.minutes ?? 10));
const SECONDS_HERE = (SECONDS * 2) / 3;
/** Workers that boot and end make it rise and fall by more than a few. */
const GROWTH_MB = 64;
const STUCK_MS = 30_000;
/** Threads and workers that live to the end, and such that die and are replaced. */
const CREW = [
  ['Thread', false],
  ['Thread', false],
  ['Thread', false],
  ['worker', false],
  ['worker', false],
  ['worker', true],
  ['worker', true],
  ['Thread', true],
];
const MOST_ACTORS = 20_000;

const p = {
  lock: new threading.Lock(),
  rlock: new threading.RLock(),
  condition: new threading.Condition(new threading.Lock()),
  fifo: new threading.Condition(),
  rw: new threading.RWLock(),
  event: new threading.Event(),
  semaphore: new threading.Semaphore(SEMAPHORE),
  bounded: new threading.BoundedSemaphore(BOUNDED),
  never: new threading.Semaphore(0),
  barrier: new threading.Barrier(2),
  queue: new Queue(4),
};
const handles = Object.fromEntries(Object.entries(p).map(([key, primitive]) => [key, primitive.handle]));
const words = new Int32Array(new SharedArrayBuffer(4 * (W.ACTORS + A.SIZE * MOST_ACTORS)));
process.removeAllListeners('warning');
process.on('warning', () => Atomics.add(words, W.WARNINGS, 1));

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const load = (word) => Atomics.load(words, word);
let actors = 0;
let deaths = 0;

class Member {
  constructor(kind, mortal) {
    this.kind = kind;
    this.mortal = mortal;
    this.begin();
  }

  begin() {
    this.id = actors++;
    this.at = W.ACTORS + this.id * A.SIZE;
    this.beats = -1;
    this.moved = performance.now();
    this.dies = this.mortal && this.kind === 'worker' ? this.moved + 100 + Math.random() * 1500 : Infinity;
    if (this.kind === 'Thread') {
      this.thread = new threading.Thread({ target: act, args: [p, words, this.id, this.mortal], daemon: true });
      this.thread.start();
    } else {
      const soak = { handles, words, id: this.id, mortal: this.mortal };
      this.worker = new Worker(new URL('../test/stress/actors.mjs', import.meta.url), { workerData: { soak } });
    }
  }

  get over() {
    return load(this.at + A.OVER) === 1;
  }

  describe() {
    return `actor ${this.id} (${this.mortal ? 'mortal ' : ''}${this.kind}), ${load(this.at + A.BEATS)} operations, in '${OPERATIONS[load(this.at + A.DOING)]}'`;
  }

  async watch(now) {
    const beats = load(this.at + A.BEATS);
    if (beats !== this.beats) [this.beats, this.moved] = [beats, now];
    if (this.kind === 'Thread' && this.mortal && !this.thread.is_alive() && !this.over) return this.replace();
    if (now > this.dies) {
      Atomics.store(words, this.at + A.DOOMED, 1);
      const begun = performance.now();
      await this.worker.terminate();
      const took = performance.now() - begun;
      if (took > 5000) fail(`terminate() of ${this.describe()} took ${Math.round(took)} ms`);
      return this.replace();
    }
    if (now - this.moved > STUCK_MS && !this.over) fail(`stuck: ${this.describe()}`);
  }

  replace() {
    deaths++;
    if (actors < MOST_ACTORS) this.begin();
  }

  /** After W.STOP: nobody but a worker that is mortal needs help to end. */
  async end() {
    if (!this.mortal || this.kind === 'Thread') return;
    Atomics.store(words, this.at + A.DOOMED, 1);
    deaths++;
    await this.worker.terminate();
  }

  get gone() {
    return this.kind === 'Thread' ? !this.thread.is_alive() : this.mortal || this.over;
  }
}

function fail(message) {
  console.error(message);
  for (const member of crew) console.error(' ', member.describe());
  for (const [key, primitive] of Object.entries(p)) {
    console.error(`  ${key}:`, [...primitive._w.slice(primitive._i, primitive._i + 16)].map((word) => word >>> 0).join(' '));
  }
  process.exit(1);
}

/** Whoever waits at `fifo` is notified in the end, and the event does not stay cleared. */
function tick() {
  if (p.fifo.acquire(false)) {
    if (words[W.TURNS] < words[W.TICKETS]) {
      words[W.TURNS]++;
      p.fifo.notify();
    }
    p.fifo.release();
  }
  p.event.set();
}

const base = native.liveCells();
const crew = CREW.map(([kind, mortal]) => new Member(kind, mortal));
const begin = performance.now();
const end = begin + SECONDS_HERE * 1000;
/** The least memory in each fifth of the time; until the middle the heaps of those who last grow to their size. */
const memory = [Infinity, Infinity, Infinity, Infinity, Infinity];
let report = performance.now() + 60_000;

async function watch() {
  tick();
  const now = performance.now();
  for (const member of crew) await member.watch(now);
  if (load(W.VIOLATION))
    fail(`violated: ${describeCheck(load(W.VIOLATION))}, found by actor ${load(W.FINDER)}, who saw ${load(W.SEEN)}`);
  if (now > report) {
    report += 60_000;
    console.log(summary());
  }
  await pause(5);
}

const megabytes = () => process.memoryUsage.rss() / 2 ** 20;

function summary() {
  let operations = 0;
  for (let id = 0; id < actors; id++) operations += load(W.ACTORS + id * A.SIZE + A.BEATS);
  return `${operations} operations, ${deaths} deaths, ${load(W.WARNINGS)} warnings, ${load(W.NOTIFIED)} notified, ${load(W.TICKETS)} tickets, ${load(W.GOT)} items, ${Math.round(megabytes())} MB`;
}

while (performance.now() < end) {
  await watch();
  const fifth = Math.min(4, Math.floor((5 * (performance.now() - begin)) / (end - begin)));
  memory[fifth] = Math.min(memory[fifth], megabytes());
}

Atomics.store(words, W.STOP, 1);
for (const member of crew) await member.end();
// Whoever still runs may wait for what is looked at below, those included that might die instead.
for (const begun = performance.now(); !crew.every((member) => member.gone); await pause(5)) {
  tick();
  if (performance.now() - begun > STUCK_MS) fail(`did not stop: ${crew.find((member) => !member.gone).describe()}`);
}
deaths += crew.filter((member) => member.kind === 'Thread' && !member.over).length;

const left = p.queue.qsize();
/** Items that some who died had put, or got, and not counted: of each of their calls one. */
const uncounted = Math.abs(load(W.PUT) - load(W.GOT) - left);

/** What has to hold when all have stopped. */
const free = (acquire) => acquire === true;
const conclusions = {
  'the locks are free': [p.lock, p.rlock, p.condition, p.fifo, p.rw.write()].every((each) => free(each.acquire(true, 10))),
  'nobody waits': Object.values(p).every((primitive) => primitive._w[primitive._i + 5] === 0),
  'nobody waits at the queue': native.queueWaiting(p.queue._cell).every((n) => n === 0),
  'no item was lost, and none came twice': uncounted <= deaths,
  'all units are back':
    Atomics.load(p.semaphore._w, p.semaphore._i) === SEMAPHORE && Atomics.load(p.bounded._w, p.bounded._i) === BOUNDED,
  'everybody at fifo had a turn': load(W.TICKETS) === load(W.TURNS),
  'each round of the barrier had a first and a second': load(W.FIRST) === load(W.SECOND),
  'no notification woke two, and none was lost':
    load(W.WOKEN) <= load(W.NOTIFIED) && load(W.NOTIFIED) - load(W.WOKEN) <= deaths + load(W.ABORTED),
  'no cells were lost': native.liveCells() <= base + 64,
  'memory did not grow': memory[4] <= memory[2] + GROWTH_MB,
};
if (load(W.VIOLATION)) fail(`violated: ${describeCheck(load(W.VIOLATION))}`);
console.log(summary());
for (const [conclusion, holds] of Object.entries(conclusions)) {
  if (holds) continue;
  console.error(
    `not so: ${conclusion} (first ${load(W.FIRST)}, second ${load(W.SECOND)}, notified ${load(W.NOTIFIED)}, woken ${load(W.WOKEN)}, aborted ${load(W.ABORTED)}, cells ${base} to ${native.liveCells()}, MB ${memory.map(Math.round).join(' ')})`,
  );
  process.exitCode = 1;
}
if (process.exitCode === 1) fail('the end');
console.log(`least memory in each fifth of the time: ${memory.map(Math.round).join(', ')} MB`);

const futures = fileURLToPath(new URL('soak-futures.mjs', import.meta.url));
// Pools that wait for themselves are warned of.
const args = ['--no-warnings', futures, '--seconds', String(SECONDS - SECONDS_HERE)];
const { status, signal } = spawnSync(process.execPath, args, { stdio: 'inherit' });
if (status !== 0) {
  console.error(`soak-futures.mjs ended by ${signal ?? status}`);
  process.exit(1);
}
console.log(`all well after ${SECONDS} s`);
process.exit(0);
