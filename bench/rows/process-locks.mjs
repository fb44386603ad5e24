// Locks and semaphores of multiprocessing: alone, between two processes that want the same, and by turns.
import { nodeProgram, pythonProgram } from '../harness/programs.mjs';
import { nanoseconds, sized } from '../harness/sized.mjs';

export const title = 'Locks between processes';

export function rows(options) {
  const ms = options.quick ? 30 : 250;
  const node = nodeProgram('process-locks.mjs');
  const python = pythonProgram('process_locks.py');
  const builds = [['nogil', options.library], ...(options.against ? [['other build', options.against]] : [])];
  const timed = (first, most) => (run) =>
    sized(async (count) => (await run(count)).ms, { ms, first, most, step: 6, value: nanoseconds });
  const row = (title, mode, unit, better, measure, others = []) => ({
    title,
    unit,
    better,
    open: () => [
      ...builds.map(([name, folder]) => ({ name, measure: measure((amount) => node.run([mode, amount, 'nogil', folder])) })),
      ...others,
      python.absent
        ? { name: 'CPython', absent: python.absent }
        : { name: 'CPython', measure: measure((amount) => python.run([mode, amount])) },
    ],
  });
  const turns = timed(600, 4e6);
  const ipc = { name: "Node's fork, IPC", measure: turns((count) => node.run(['turns', count, 'ipc'])) };
  return [
    row('multiprocessing.Lock: acquire + release', 'pair', 'ns', 'lower', timed(6000, 2e7)),
    row('multiprocessing.Lock, 2 processes, section 1 add', 'contend', 'pairs/s', 'higher', (run) => () => run(ms)),
    row('ping-pong by multiprocessing.Semaphore', 'turns', 'ns', 'lower', turns, [ipc]),
  ];
}
