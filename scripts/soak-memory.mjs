// Does a great many of everything, and shows that memory stays where it was.
//
//   node scripts/soak-memory.mjs [part of a name]
//
// Each job is done in ten equal parts; the resident memory after each of the last five may not be more
// than GROWTH_MB above that after the first five. The last line says how many jobs passed.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ThreadPoolExecutor, wait } from 'nogil/concurrent/futures';
import { Queue, SimpleQueue } from 'nogil/queue';
import { Condition, Event, Lock, Thread } from 'nogil/threading';

const GROWTH_MB = 32;
const PARTS = 10;

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc');

const residentMb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]) / 1024;

/** What the collector finds dead is given back in turns of the event loop. */
async function settle() {
  for (let i = 0; i < 3; i++) {
    gc();
    await new Promise(setImmediate);
  }
}

function nothing() {}
const negated = (n) => -n;

const pool = () => new ThreadPoolExecutor(2);

/** name: [how many, what does `n` of them] */
const jobs = {
  'locks, local': [1_000_000, (n) => void Array.from({ length: n }, () => new Lock().acquire())],
  'locks, conditions and events in shared memory': [
    300_000,
    (n) => {
      for (let i = 0; i < n / 3; i++) [new Lock(), new Condition(), new Event()].map((each) => each.handle);
    },
  ],
  'threads started and joined': [
    100_000,
    (n) => {
      for (let i = 0; i < n; i++) {
        const thread = new Thread({ target: nothing });
        thread.start();
        thread.join();
      }
    },
  ],
  'items through one queue, filled and drained': [
    10_000_000,
    (n) => {
      const queue = new SimpleQueue();
      for (let i = 0; i < n; i++) queue.put(i);
      for (let i = 0; i < n; i++) queue.get();
    },
  ],
  'messages of 1 KiB': [
    1_000_000,
    (n) => {
      const queue = new Queue();
      const text = 'x'.repeat(1000);
      for (let i = 0; i < n; i += 1000) {
        for (let k = 0; k < 1000; k++) queue.put({ text });
        for (let k = 0; k < 1000; k++) queue.get();
      }
    },
  ],
  'queues with an item in each': [
    100_000,
    (n) => {
      for (let i = 0; i < n; i++) new Queue().put({ i });
    },
  ],
  'tasks of a pool': [
    1_000_000,
    (n) => {
      const executor = pool();
      for (let i = 0; i < n; i += 1000) {
        const futures = Array.from({ length: 1000 }, (_, k) => executor.submit(negated, k));
        wait(futures);
      }
      executor.shutdown();
    },
  ],
  pools: [
    2_000,
    (n) => {
      for (let i = 0; i < n; i++) {
        const executor = pool();
        executor.submit(negated, -1).result();
        executor.shutdown();
      }
    },
  ],
};

let passed = 0;
let failed = 0;
for (const [name, [count, work]] of Object.entries(jobs)) {
  if (process.argv[2] && !name.includes(process.argv[2])) continue;
  const resident = [];
  const begin = performance.now();
  for (let part = 0; part < PARTS; part++) {
    work(count / PARTS);
    await settle();
    resident.push(Math.round(residentMb()));
  }
  const seconds = ((performance.now() - begin) / 1000).toFixed(1);
  const grown = Math.max(...resident.slice(PARTS / 2)) - Math.max(...resident.slice(0, PARTS / 2));
  const ok = grown <= GROWTH_MB;
  if (ok) passed++;
  else failed++;
  console.log(`${ok ? 'ok  ' : 'FAIL'} ${count.toLocaleString('en')} ${name}: ${seconds} s; MB resident: ${resident.join(' ')}`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
