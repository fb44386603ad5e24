// What blocked threads cost: the CPU time of a process in which all threads but the main one wait.
import { nodePeer, pythonPeer } from '../harness/programs.mjs';

export const title = 'Idle';

export function rows(options) {
  // Starting them is most of the time that this takes.
  const threads = options.quick ? 4 : 16;
  const ms = options.quick ? 300 : 2000;
  const peer = (name, means, ...more) => nodePeer(name, 'idle.mjs', [means, threads, ms, options.library, ...more]);
  return [
    {
      title: `${threads} blocked threads`,
      unit: 'CPU ms in a second',
      better: 'lower',
      subject: 'nogil Lock',
      // Next to nothing: a look at the clock now and then is allowed. The rest of a figure is the process's own.
      goals: [{ most: 1 }],
      rounds: 3,
      open: () => [
        peer('nogil Lock', 'Lock'),
        peer('nogil Semaphore', 'Semaphore'),
        peer('nogil Event', 'Event'),
        peer('nogil Lock, foreign workers', 'Lock', 'foreign'),
        peer('Atomics.wait', 'Atomics.wait'),
        peer('idle event loops', 'event loop'),
        pythonPeer('idle.py', [threads, ms]),
      ],
    },
  ];
}
