// Items from one process to another: how many a second.
import { nodeProgram, pythonProgram } from '../harness/programs.mjs';
import { sized } from '../harness/sized.mjs';

export const title = 'Queues between processes';

const items = [
  { kind: 'number', text: 'numbers', first: 20_000, most: 3e6, ratio: 40 },
  { kind: 'object', text: 'small objects', first: 5000, most: 1e6 },
  { kind: '1 MiB', text: 'buffers of 1 MiB', first: 32, most: 1024, ratio: 3 },
];

export function rows(options) {
  return items.map(({ kind, text, first, most, ratio }) => {
    const peer = (name, { absent, run }, ...who) =>
      absent
        ? { name, absent }
        : {
            name,
            measure: sized(async (count) => (await run([kind, count, ...who])).ms, {
              ms: options.quick ? 50 : 300,
              first,
              most,
            }),
          };
    const node = nodeProgram('process-queues.mjs');
    return {
      title: `${text}, 1 to 1`,
      unit: 'items/s',
      better: 'higher',
      goals: ratio ? [{ than: 'CPython Queue', ratio }] : [],
      open: () => [
        peer('nogil', node, 'nogil', options.library),
        ...(options.against ? [peer('other build', node, 'nogil', options.against)] : []),
        peer("Node's fork, IPC", node, 'ipc'),
        peer('CPython Queue', pythonProgram('process_queues.py')),
      ],
    };
  });
}
