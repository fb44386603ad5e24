// Pools of 1 and 2 processes: how many tasks they take a second, one after the other and in batches.
import { pythonProgram } from '../harness/programs.mjs';
import { sized } from '../harness/sized.mjs';
import { expectSame } from '../harness/wrong.mjs';
import { poolPeer } from '../peers/executors.mjs';
import { pools } from '../peers/processes.mjs';

export const title = 'Executors of processes';

const BATCH = 1000;
const OTHERS = ['workerpool', 'tinypool'];

const hows = {
  one: {
    text: 'one at a time',
    ratio: 3,
    step: 1,
    async run(pool, count) {
      let good = 0;
      for (let i = 0; i < count; i++) {
        // Only a promise is awaited: blocking calls would otherwise pay for a turn of the event loop.
        let result = pool.one('same', 1);
        if (typeof result?.then === 'function') result = await result;
        good += result === 1;
      }
      return good;
    },
  },
  batch: {
    text: `batches of ${BATCH}`,
    ratio: 5,
    step: BATCH,
    async run(pool, count) {
      const args = new Array(BATCH).fill(1);
      let good = 0;
      for (let i = 0; i < count; i += BATCH) for (const result of await pool.batch('same', args)) good += result === 1;
      return good;
    },
  },
};

export function rows(options) {
  const sizes = options.quick ? [2] : [1, 2];
  return Object.keys(hows).flatMap((how) => sizes.map((size) => row(options, how, size)));
}

function row(options, how, size) {
  const { text, ratio, step, run } = hows[how];
  const checked = (tried) =>
    sized(
      async (count, pool) => {
        const { ms, good } = await tried(count, pool);
        expectSame(`the number of right results of ${count}`, good, count);
        return ms;
      },
      { ms: options.quick ? 15 : 200, first: Math.max(step, 20), most: 1e6, step },
    );
  const measure = checked(async (count, pool) => {
    const start = performance.now();
    const good = await run(pool, count);
    return { ms: performance.now() - start, good };
  });
  const competitor = (name, peer, folder) => poolPeer(name, peer, size, folder, measure, pools);
  const { absent, run: script } = pythonProgram('executors.py');
  const python = absent
    ? { name: 'CPython', absent }
    : {
        name: 'CPython',
        measure: checked(async (count) => {
          const out = await script(['processes', how, size, count, 'number', 0, BATCH, 1]);
          return { ms: out.ms, good: out.right };
        }),
      };
  return {
    title: `${text}, ${size} ${size === 1 ? 'process' : 'processes'}`,
    unit: 'tasks/s',
    better: 'higher',
    // One at a time, workerpool does as much as a promise allows: what counts there is CPython.
    goals: (how === 'one' ? ['CPython'] : ['CPython', 'workerpool']).map((than) => ({ than, ratio })),
    open: () => [
      competitor('nogil', 'nogil', options.library),
      ...(options.against ? [competitor('other build', 'nogil', options.against)] : []),
      competitor('nogil, awaited', 'nogil, awaited', options.library),
      ...OTHERS.map((peer) => competitor(peer, peer)),
      python,
    ],
  };
}
