/** Thread: instances of subclasses that refer to each other or to themselves. Section 3 of the contract. */
import { Queue } from 'nogil/queue';
import { Thread } from 'nogil/threading';
import { Chained, Peer, tellOther } from './fixtures/threads.cjs';

const LIMIT = 60;

function run(thread: Thread, seen: Queue): any {
  thread.start();
  const told = seen.get(true, LIMIT);
  thread.join(LIMIT);
  expect(thread.is_alive()).toBe(false);
  return told;
}

function pair(): { a: Peer; b: Peer; seen: Queue } {
  const seen = new Queue();
  const a = new Peer({ seen });
  const b = new Peer({ seen });
  a.other = b;
  b.other = a;
  return { a, b, seen };
}

test('two that have each other', () => {
  const { a, b, seen } = pair();
  expect(run(a, seen).other).toEqual([b.name, true, true]);
  expect(run(b, seen).other).toEqual([a.name, true, true]);
});

test('several by way of an object', () => {
  const seen = new Queue();
  const workers = [new Peer({ seen }), new Peer({ seen })];
  const boss = { workers };
  for (const worker of workers) worker.boss = boss;
  const [first, second] = workers.map(({ name }) => name);
  expect(run(workers[0], seen).workers).toEqual([[first, true, true], [second, false, true]]); // prettier-ignore
  expect(run(workers[1], seen).workers).toEqual([[first, false, true], [second, true, true]]); // prettier-ignore
});

test('one that has itself', () => {
  const seen = new Queue();
  const peer = new Peer({ seen });
  peer.self = peer;
  peer.box = { owner: peer };
  expect(run(peer, seen).self).toEqual([true, true, true]);
});

test('before their start, as arguments, items and handles', () => {
  const { a, b, seen } = pair();
  const told = run(new Thread({ target: tellOther, args: [seen, a] }), seen);
  expect(told).toEqual([a.name, true, b.name, true, false]);
  const items = new Queue<Peer>();
  items.put(a);
  expect(items.get()).toBe(a);
  expect(Thread.from(a.handle)).toBe(a);
  expect(a.other).toBe(b);
  expect(run(a, seen).other).toEqual([b.name, true, true]);
});

test('a field that can not be cloned stays behind, and nothing else', () => {
  const { a, b, seen } = pair();
  a.fn = () => {};
  a.bad = { a, b, fn() {} };
  b.bad = [[new Promise(() => {})], b];
  a.self = a;
  const { keys, other, self } = run(a, seen);
  expect(keys).toEqual(['other', 'self']);
  expect(other).toEqual([b.name, true, true]);
  expect(self).toEqual([true, false, true]);
});

test('what they were given since this worker met them', () => {
  const { a, b, seen } = pair();
  run(new Thread({ target: tellOther, args: [seen, a] }), seen);
  a.box = { owner: b };
  a.self = a;
  expect(run(a, seen)).toMatchObject({ keys: ['other', 'box', 'self'], self: [true, false, true] });
});

test('a long chain', () => {
  const seen = new Queue();
  const chain = Array.from({ length: 1000 }, () => new Chained());
  for (const [i, thread] of chain.entries()) thread.other = chain[i + 1];
  chain[0].seen = seen;
  expect(run(chain[0], seen)).toBe(1000);
});
