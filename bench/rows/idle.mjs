// What blocked threads cost: the CPU time of a process in which all threads but the main one wait.
import { nodePeer, pythonPeer } from '../harness/programs.mjs';

export const title = 'Idle';

const THREADS = 16;

export function rows(options) {
  const ms = options.quick ? 300 : 2000;
  const peer = (name, means, ...more) => nodePeer(name, 'idle.mjs', [means, THREADS, ms, options.library, ...more]);
  return [
    {
      title: `${THREADS} blocked threads`,
      unit: 'CPU ms in a second',
      better: 'lower',
      subject: 'nogil Lock',
      open: () => [
        peer('nogil Lock', 'Lock'),
        peer('nogil Semaphore', 'Semaphore'),
        peer('nogil Event', 'Event'),
        peer('nogil Lock, foreign workers', 'Lock', 'foreign'),
        peer('Atomics.wait', 'Atomics.wait'),
        peer('idle event loops', 'event loop'),
        pythonPeer('idle.py', [THREADS, ms]),
      ],
    },
  ];
}
