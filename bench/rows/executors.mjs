// Pools of two threads: how many tasks that do nothing they take a second, and what they gain where there is work.
import { pythonPeer } from '../harness/programs.mjs';
import { poolPeer } from '../peers/executors.mjs';

export const title = 'Executors';

const SIZE = 2;
const OTHERS = ['piscina', 'tinypool', 'workerpool'];

/** One task after the other, each waited for. */
async function oneByOne(pool, count, arg) {
  const start = performance.now();
  for (let i = 0; i < count; i++) {
    const result = pool.one('same', arg);
    if (typeof result?.then === 'function') await result;
  }
  return (count / (performance.now() - start)) * 1000;
}

async function batch(pool, count, arg) {
  const args = new Array(count).fill(arg);
  const start = performance.now();
  await pool.batch('same', args);
  return (count / (performance.now() - start)) * 1000;
}

/** What design section 7 promises beside each rival; nothing where values have to be copied and Python's need not. */
const goals = (ratio, python = true) => [...OTHERS, ...(python ? ['CPython'] : [])].map((than) => ({ than, ratio }));

export function rows(options) {
  const scale = options.quick ? 0.02 : 1;
  const folders = { nogil: options.library, ...(options.against && { 'other build': options.against }) };
  const competitors = async (measure) => {
    const all = [];
    for (const [name, folder] of Object.entries(folders)) all.push(await poolPeer(name, 'nogil', SIZE, folder, measure));
    all.push(await poolPeer('nogil, awaited', 'nogil, awaited', SIZE, options.library, measure));
    for (const peer of OTHERS) all.push(await poolPeer(peer, peer, SIZE, undefined, measure));
    return all;
  };
  const row = (name, kind, count, arg, bytes, its) => {
    const times = Math.ceil(count * scale);
    const measure = (pool) => (kind === 'one' ? oneByOne : batch)(pool, times, arg);
    return {
      title: name,
      unit: 'tasks/s',
      better: 'higher',
      goals: its,
      open: async () => [...(await competitors(measure)), pythonPeer('executors.py', [kind, times, bytes])],
    };
  };
  const object = { id: 7, name: 'a small object', tags: ['x', 'y'], at: 1.5 };
  const large = new Uint8Array(1 << 20);
  return [
    row('one at a time, a number', 'one', 5000, 1, 0, goals(2)),
    row('batches, a number', 'batch', 10000, 1, 0, goals(3)),
    row('one at a time, a small object', 'one', 5000, object, 0, goals(2, false)),
    row('batches, a small object', 'batch', 10000, object, 0, goals(3, false)),
    row('batches, 1 MiB of bytes there and back', 'batch', 60, large, 1 << 20, []),
    ...flowRows(options, scale),
  ];
}

/** The tutorial's sums, the larger one 1.2 times the smaller, as there. */
function flowRows(options, scale) {
  const numbers = [1e8, 1.2e8].map((n) => Math.ceil(n * scale));
  // Python adds up at a thirtieth of the pace; its own gain is what counts, and takes no longer to see.
  const forPython = numbers.map((n) => Math.ceil(n / 30));
  const flows = (size) =>
    poolPeer(size === 1 ? 'nogil, 1 thread' : 'nogil, 2 threads', 'nogil', size, options.library, (pool) => {
      const start = performance.now();
      pool.batch('flow', numbers);
      return performance.now() - start;
    });
  const python = (size) => ({
    ...pythonPeer('executors.py', ['flow', size, ...forPython]),
    name: size === 1 ? 'CPython, 1 thread (sums of a 30th)' : 'CPython, 2 threads (sums of a 30th)',
  });
  return [
    {
      title: 'my_flow twice: the time of both',
      unit: 'ms',
      better: 'lower',
      subject: 'nogil, 2 threads',
      // 2.2 units of work, the longer part 1.2: no more than 1.83 is possible.
      goals: [{ than: 'nogil, 1 thread', ratio: 1.6 }],
      open: async () => [await flows(2), await flows(1), python(2), python(1)],
    },
  ];
}
