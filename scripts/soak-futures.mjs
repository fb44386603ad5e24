/**
 * `node scripts/soak-futures.mjs --minutes 3`: threads submit to executors, cancel, limit, abort and
 * complete futures, end threads of pools and shut these down, at random. Ends with 1 when a future does
 * not end, ends twice, or the threads do not stop; the process itself has to end by its own.
 */
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const { ThreadPoolExecutor } = require('nogil/concurrent/futures');
const { Thread } = require('nogil/threading');
const { W, actor } = require('../test/futures/fixtures/fuzz.cjs');

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, seconds: { type: 'string' }, threads: { type: 'string' }, seed: { type: 'string' } },
});
const seconds = Number(values.seconds ?? 60 * Number(values.minutes ?? 3));
const threads = Number(values.threads ?? 3);
const seed = Number(values.seed ?? Date.now() % 100_000);
const STUCK_SECONDS = 60;

const words = new Int32Array(new SharedArrayBuffer(4 * W.SIZE));
const executor = new ThreadPoolExecutor(3);
const counts = () =>
  Object.entries(W)
    .filter(([name]) => name !== 'SIZE' && name !== 'STOP')
    .map(([name, at]) => `${name.toLowerCase()} ${Atomics.load(words, at)}`)
    .join(', ');
console.log(`seed ${seed}, ${threads} threads, ${seconds} s`);
const actors = Array.from(
  { length: threads },
  (_, i) => new Thread({ target: actor, args: [words, executor, seed + i], name: `actor ${i}` }),
);
for (const each of actors) each.start();

const end = performance.now() + seconds * 1000;
let last = -1;
while (performance.now() < end) {
  await new Promise((resolve) => setTimeout(resolve, Math.min(STUCK_SECONDS * 1000, end - performance.now())));
  const ended = Atomics.load(words, W.ENDED);
  console.log(`${counts()}; ${Math.round(process.memoryUsage().rss / 2 ** 20)} MB`);
  if (ended === last) break;
  last = ended;
}
Atomics.store(words, W.STOP, 1);
for (const each of actors) await each.join_async(STUCK_SECONDS);
const stuck = actors.filter((each) => each.is_alive()).map(({ name }) => name);
const bad = Atomics.load(words, W.BAD);
const lost = Atomics.load(words, W.SUBMITTED) - Atomics.load(words, W.ENDED);
console.log(`${counts()}${stuck.length ? `; stuck: ${stuck.join()}` : ''}`);
if (stuck.length > 0) process.exit(1);
await executor.shutdown_async();
if (bad > 0 || lost !== 0) process.exitCode = 1;
console.log(process.exitCode ? 'FAILED' : 'ok');
