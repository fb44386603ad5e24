// Items from threads that put to threads that take, and one item to and fro.
import { Crew, crewPeer } from '../harness/crew.mjs';
import { weightOf } from '../harness/items.mjs';
import { floorProgram, pythonProgram } from '../harness/programs.mjs';
import { nanoseconds, sized } from '../harness/sized.mjs';
import { expectSame } from '../harness/wrong.mjs';
import { queuePeers } from '../peers/queues.mjs';

export const title = 'Queues';

const BOUND = 100;
const SUBJECT = 'nogil Queue';

// How many items may wait in a queue without a bound, as memory allows.
const items = [
  { kind: 'number', text: 'numbers', most: 2e6, first: 2000 },
  { kind: 'text', text: 'short strings', most: 1e6, first: 2000 },
  { kind: 'object', text: 'small objects', most: 4e5, first: 2000 },
  { kind: '64 KiB', text: 'buffers of 64 KiB', most: 4096, first: 64, block: true },
  { kind: '1 MiB', text: 'buffers of 1 MiB', most: 256, first: 16, block: true },
];

const goalsOf = {
  number: [
    { than: 'CPython SimpleQueue', ratio: 1 },
    { than: 'CPython Queue', ratio: 12 },
    { than: 'MessagePort', ratio: 10 },
  ],
  object: [{ than: 'MessagePort', ratio: 3 }],
};

export function rows(options) {
  const ms = options.quick ? 15 : 150;
  const all = items.flatMap((item) =>
    [1, 2, 4].flatMap((pairs) => [0, BOUND].map((maxsize) => ({ item, pairs, maxsize, ms, options }))),
  );
  // Numbers in every shape show that each runs; the other items differ in the codec alone.
  const chosen = options.quick ? all.filter(({ item, pairs, maxsize }) => item.kind === 'number' || pairs + maxsize === 1) : all;
  return [...chosen.map(rateRow), turnsRow(options, ms)];
}

/** What shows how a queue does; the other shapes show that it does the same there. */
function isMain({ item, pairs, maxsize }) {
  if (item.kind === 'number') return maxsize === 0 || pairs === 1;
  return maxsize === 0 && (pairs === 1 || (pairs === 2 && item.kind === 'object'));
}

function rateRow(row) {
  const { item, pairs, maxsize } = row;
  return {
    title: `${item.text}, ${pairs} to ${pairs}, ${maxsize ? `at most ${maxsize}` : 'unbounded'}`,
    unit: 'items/s',
    better: 'higher',
    subject: SUBJECT,
    extra: !isMain(row),
    goals: maxsize === 0 && pairs <= 2 ? (goalsOf[item.kind] ?? []) : [],
    open: () => rateCompetitors(row),
  };
}

function rateCompetitors(row) {
  const { item, pairs, maxsize, options } = row;
  const all = builds(options).map(({ name, folder }) => threads(row, SUBJECT, folder, name));
  const more = [
    !maxsize && 'nogil SimpleQueue',
    !maxsize && pairs === 1 && !item.block && 'nogil Queue, batches of 64',
    item.block && 'nogil Queue, moving',
    'MessagePort',
    item.block && 'MessagePort, moving',
    'multithreading',
  ];
  all.push(...more.filter(Boolean).map((peer) => threads(row, peer, options.library)));
  if (pairs === 1 && !maxsize && !item.block) all.push(withinOneThread(row));
  all.push(python(row, 'Queue'));
  if (!maxsize) all.push(python(row, 'SimpleQueue'));
  if (item.kind === 'number') all.push(floor(row, 'native', 'C++ nogil queue'), floor(row, 'mutex', 'C++ mutex and deque'));
  return all;
}

function builds({ library, against }) {
  return [{ name: SUBJECT, folder: library }, ...(against ? [{ name: 'other build', folder: against }] : [])];
}

/** What `run(count)` gives, checked: its milliseconds. */
function checked({ item, pairs, ms }, run) {
  const { kind, first, most } = item;
  const weights = new Map();
  return sized(
    async (count, crew) => {
      if (!weights.has(count)) weights.set(count, weightOf(kind, count));
      const { ms: took, sum } = await run(count, crew);
      expectSame(`the sum of ${count} items`, sum, weights.get(count));
      return took;
    },
    { ms, first, most, step: pairs },
  );
}

function threads(row, peer, folder, name = peer) {
  const { item, pairs, maxsize, options } = row;
  const { absent, noBlocks, create } = queuePeers[peer];
  if (absent || (noBlocks && item.block)) return { name, absent: absent ?? noBlocks };
  const measure = checked(row, async (count, crew) => {
    const all = await crew.run({ count }, undefined, options.longest);
    const begin = all.reduce((least, one) => (one.begin < least ? one.begin : least), all[0].begin);
    const end = all.reduce((most, one) => (one.end > most ? one.end : most), all[0].end);
    return { ms: Number(end - begin) / 1e6, sum: all.reduce((sum, one) => sum + one.sum, 0) };
  });
  const open = () => {
    const { shared, own } = create(folder, maxsize, pairs);
    return Crew.open('queue', 2 * pairs, { peer, shared, kind: item.kind, pairs }, own);
  };
  return crewPeer(name, open, measure);
}

function withinOneThread(row) {
  return crewPeer(
    'fastq, in one thread',
    () => Crew.open('fastq', 1, { kind: row.item.kind }),
    checked(row, async (count, crew) => (await crew.run({ count }))[0]),
  );
}

function python(row, kind) {
  const name = `CPython ${kind}`;
  const { absent, run } = pythonProgram('queues.py');
  if (absent) return { name, absent };
  const { item, pairs, maxsize } = row;
  return { name, measure: checked(row, (count) => run(['rate', kind, item.kind, pairs, maxsize, count])) };
}

function floor(row, kind, name) {
  const { absent, build, run } = floorProgram('queue', { native: true });
  if (absent) return { name, absent };
  return { name, start: build, measure: checked(row, (count) => run(['rate', kind, row.pairs, row.maxsize, count])) };
}

function turnsRow(options, ms) {
  const timed = (run) =>
    sized(
      async (turns, crew) => {
        const { ms: took, sum } = await run(turns, crew);
        expectSame(`the sum of ${turns / 2} numbers`, sum, ((turns / 2) * (turns / 2 - 1)) / 2);
        return took;
      },
      { ms, first: 200, most: 1e6, step: 2, value: nanoseconds },
    );
  const competitor = (peer, folder = options.library, name = peer) => {
    const { absent, create, lanes } = queuePeers[peer];
    if (absent) return { name, absent };
    const open = () => {
      const [there, back] = [create(folder, 0, 1), create(folder, 0, 1)];
      return Crew.open('queue-turns', 2, { peer, shared: [there.shared, back.shared] }, lanes && lanesOf(there, back));
    };
    const measure = timed(async (turns, crew) => {
      const [mine, other] = await crew.run({ turns }, undefined, options.longest);
      expectSame('the sum at the other side', other.sum, mine.sum);
      return mine;
    });
    return crewPeer(name, open, measure);
  };
  const outside = (name, { absent, build, run }, args) =>
    absent ? { name, absent } : { name, start: build, measure: timed((turns) => run([...args, turns])) };
  return {
    title: 'one number to and fro, one way',
    unit: 'ns',
    better: 'lower',
    subject: SUBJECT,
    open: () => [
      ...builds(options).map(({ name, folder }) => competitor(SUBJECT, folder, name)),
      ...['nogil SimpleQueue', 'MessagePort', 'multithreading'].map((peer) => competitor(peer)),
      ...['Queue', 'SimpleQueue'].map((kind) => outside(`CPython ${kind}`, pythonProgram('queues.py'), ['turns', kind])),
      outside('C++ nogil queue', floorProgram('queue', { native: true }), ['turns', 'native']),
      outside('C++ mutex and deque', floorProgram('queue', { native: true }), ['turns', 'mutex']),
    ],
  };
}

/** Each thread has the putting end of one channel and the taking end of the other. */
function lanesOf(there, back) {
  const both = (out, into) => ({ value: { out: out.value, into: into.value }, transfer: [...out.transfer, ...into.transfer] });
  return [both(there.own[0], back.own[1]), both(back.own[0], there.own[1])];
}
