// Pools of 1, 2 and 4 threads: how many tasks they take a second, one after the other, in batches and by map.
import { isDeepStrictEqual } from 'node:util';
import { createRequire } from 'node:module';
import { pythonProgram } from '../harness/programs.mjs';
import { sized } from '../harness/sized.mjs';
import { calibrate } from '../harness/work.mjs';
import { expectSame } from '../harness/wrong.mjs';
import { poolPeer } from '../peers/executors.mjs';

export const title = 'Executors';

const tasks = createRequire(import.meta.url)('../tasks/executor-tasks.cjs');
const OTHERS = ['piscina', 'tinypool', 'workerpool'];
const BATCH = 1000;
const CHUNK = 100;
const WORK_NS = 20_000;

const hows = {
  one: {
    text: 'one at a time',
    ratio: 2,
    step: 1,
    async run(pool, task, arg, count, right) {
      let good = 0;
      for (let i = 0; i < count; i++) {
        // Only a promise is awaited: blocking calls would otherwise pay for a turn of the event loop.
        let result = pool.one(task, arg);
        if (typeof result?.then === 'function') result = await result;
        good += right(result);
      }
      return good;
    },
  },
  batch: {
    text: `batches of ${BATCH}`,
    ratio: 3,
    step: BATCH,
    async run(pool, task, arg, count, right) {
      const args = new Array(BATCH).fill(arg);
      let good = 0;
      for (let i = 0; i < count; i += BATCH) {
        for (const result of await pool.batch(task, args)) good += right(result);
      }
      return good;
    },
  },
  map: {
    text: `map, chunksize ${CHUNK}`,
    step: CHUNK,
    async run(pool, task, arg, count, right) {
      let good = 0;
      for (const result of await pool.map(task, new Array(count).fill(arg), CHUNK)) good += right(result);
      return good;
    },
  },
};

export function rows(options) {
  const ms = options.quick ? 15 : 200;
  const steps = Math.round((calibrate() * WORK_NS) / 1000);
  const nothing = { task: 'same', arg: 1, kind: 'number', ns: 0, text: 'a task that does nothing' };
  const work = { task: 'chain', arg: steps, kind: 'number', ns: WORK_NS, text: `a task of ${WORK_NS / 1000} µs` };
  const object = { id: 7, name: 'a small object', tags: ['x', 'y'], at: 1.5 };
  const all = [nothing, work].flatMap((load) =>
    Object.keys(hows).flatMap((how) => [1, 2, 4].map((size) => row(options, ms, how, load, size))),
  );
  const carried = { task: 'same', ns: 0 };
  const small = { ...carried, arg: object, kind: 'object', text: 'a small object there and back' };
  const large = { ...carried, arg: new Uint8Array(1 << 20).fill(7), kind: 1 << 20, text: '1 MiB there and back', most: 64 };
  return (
    [
      ...all,
      row(options, ms, 'one', small, 2),
      row(options, ms, 'batch', small, 2),
      row(options, ms, 'one', large, 2),
      flowRow(options),
    ]
      // One size is enough to show that each runs.
      .filter(({ size }) => !options.quick || !size || size === 2)
  );
}

function row(options, ms, how, load, size) {
  const { text, ratio, step, run } = hows[how];
  const { task, arg, kind, ns, most = 1e6 } = load;
  const right = sameAs(tasks[task](arg));
  const checked = (tried) =>
    sized(
      async (count, pool) => {
        const { ms: took, good } = await tried(count, pool);
        expectSame(`the number of right results of ${count}`, good, count);
        return took;
      },
      { ms, first: Math.max(step, 20), most, step },
    );
  const competitor = (name, peer, folder) =>
    poolPeer(
      name,
      peer,
      size,
      folder,
      checked(async (count, pool) => {
        const start = performance.now();
        const good = await run(pool, task, arg, count, right);
        return { ms: performance.now() - start, good };
      }),
    );
  const { absent, run: script } = pythonProgram('executors.py');
  const python = absent
    ? { name: 'CPython', absent }
    : {
        name: 'CPython',
        measure: checked(async (count) => {
          const out = await script([how, size, count, kind, ns, BATCH, CHUNK]);
          return { ms: out.ms, good: out.right };
        }),
      };
  return {
    title: `${text}, ${load.text}, ${size} ${size === 1 ? 'thread' : 'threads'}`,
    size,
    extra: size !== 2 && (how === 'map' || ns > 0),
    unit: 'tasks/s',
    better: 'higher',
    // Design goals are for what the pool costs; Python passes references where others have to copy.
    goals: ratio && !ns && kind === 'number' ? [...OTHERS, 'CPython'].map((than) => ({ than, ratio })) : [],
    open: () => [
      competitor('nogil', 'nogil', options.library),
      ...(options.against ? [competitor('other build', 'nogil', options.against)] : []),
      competitor('nogil, awaited', 'nogil, awaited', options.library),
      ...OTHERS.map((peer) => competitor(peer, peer)),
      python,
    ],
  };
}

/** Whether a result is right. Comparing all of a block of bytes would take longer than carrying it. */
function sameAs(wanted) {
  if (ArrayBuffer.isView(wanted)) {
    const [length, last] = [wanted.length, wanted.length - 1];
    return (result) => result.length === length && result[0] === wanted[0] && result[last] === wanted[last];
  }
  return typeof wanted === 'object' ? (result) => isDeepStrictEqual(result, wanted) : (result) => result === wanted;
}

/** The tutorial's sums, the larger one 1.2 times the smaller, as there. */
function flowRow(options) {
  const scale = options.quick ? 0.02 : 1;
  const numbers = [1e8, 1.2e8].map((n) => Math.ceil(n * scale));
  // Python adds up at a thirtieth of the pace; its own gain is what counts, and takes no longer to see.
  const forPython = numbers.map((n) => Math.ceil(n / 30));
  const sums = numbers.map((n) => tasks.flow(n));
  const named = (name, size) => `${name}, ${size} ${size === 1 ? 'thread' : 'threads'}`;
  const flows = (size) =>
    poolPeer(named('nogil', size), 'nogil', size, options.library, (pool) => {
      const start = performance.now();
      const got = pool.batch('flow', numbers);
      const took = performance.now() - start;
      got.forEach((sum, i) => expectSame(`the sum to ${numbers[i]}`, sum, sums[i]));
      return took;
    });
  const python = (size) => {
    const name = `${named('CPython', size)} (sums of a 30th)`;
    const { absent, run } = pythonProgram('executors.py');
    if (absent) return { name, absent };
    return {
      name,
      async measure() {
        const { ms, right } = await run(['flow', size, ...forPython]);
        expectSame('the number of right sums', right, forPython.length);
        return ms;
      },
    };
  };
  return {
    title: 'my_flow twice: the time of both',
    unit: 'ms',
    better: 'lower',
    subject: 'nogil, 2 threads',
    // 2.2 units of work, the longer part 1.2: no more than 1.83 is possible.
    goals: [{ than: 'nogil, 1 thread', ratio: 1.6 }],
    open: () => [flows(2), flows(1), python(2), python(1)],
  };
}
