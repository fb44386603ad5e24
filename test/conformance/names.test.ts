import { ValueError } from 'nogil';
import { Barrier, BoundedSemaphore, Condition, Event, Lock, RLock, RWLock, Semaphore } from 'nogil/threading';
import { type Kind, starter, terminatePeers, thrown } from '../helpers/peers';
import { collected, native } from '../helpers/memory';

afterAll(terminatePeers);

const MAKERS: [string, (name: string) => { name: string | undefined; handle: object }][] = [
  ['Lock', (name) => new Lock({ name })],
  ['RLock', (name) => new RLock({ name })],
  ['Condition', (name) => new Condition({ name })],
  ['Event', (name) => new Event({ name })],
  ['Semaphore', (name) => new Semaphore(2, { name })],
  ['BoundedSemaphore', (name) => new BoundedSemaphore({ value: 2, name })],
  ['Barrier', (name) => new Barrier(2, { name })],
  ['RWLock', (name) => new RWLock({ name })],
];

describe.each(MAKERS)('a named %s', (kind, make) => {
  it('is one object by its name', () => {
    const a = make(`one ${kind}`);
    expect(a.name).toBe(`one ${kind}`);
    expect(make(`one ${kind}`).handle).toEqual(a.handle);
    expect(make(`another ${kind}`).handle).not.toEqual(a.handle);
  });

  it.each(MAKERS.map(([other]) => other).filter((other) => other !== kind))('is not to be had as a %s', (other) => {
    const a = make(`taken ${kind}`);
    const error = thrown(() => MAKERS.find(([each]) => each === other)![1](`taken ${kind}`));
    expect(error.name).toBe('ValueError');
    expect(error.message).toContain(`'taken ${kind}'`);
    expect(a.name).toBe(`taken ${kind}`);
  });

  it('frees its name with its last holder', async () => {
    const base = native.liveCells();
    (() => void make(`short-lived ${kind}`))();
    await collected(() => native.liveCells() <= base);
    const [, other] = MAKERS.find(([each]) => each !== kind)!;
    expect(other(`short-lived ${kind}`).name).toBe(`short-lived ${kind}`);
  });
});

it.each(['', ' ', 'ä€𝄞', 'with\0zero', 'x'.repeat(100_000)])('any text is a name: %#', (name) => {
  const lock = new Lock({ name });
  expect(lock.name).toBe(name);
  lock.acquire();
  expect(new Lock({ name }).locked()).toBe(true);
  expect(new Lock({ name: `${name}.` }).locked()).toBe(false);
});

it.each(['\ud800', 'a\udc00b', '\ude00\ud83d'])('halves of surrogate pairs are not: %#', (name) => {
  for (const [kind, make] of MAKERS) {
    const error = thrown(() => make(name)) as Error;
    expect(error).toBeInstanceOf(ValueError);
    expect(error.message).toBe(`${kind}(): 'name' must be well-formed text: it has a half of a surrogate pair`);
  }
});

it('what has no name has none', () => {
  expect(new Lock().name).toBeUndefined();
  expect(new Lock({}).name).toBeUndefined();
  expect(new Lock({ name: undefined }).name).toBeUndefined();
});

it('the first one’s value and lock count', () => {
  const first = new Semaphore(1, { name: 'first come' });
  const second = new Semaphore(5, { name: 'first come' });
  expect([second.acquire(false), second.acquire(false), first.acquire(false)]).toEqual([true, false, false]);
  const lock = new Lock();
  const condition = new Condition(lock, { name: 'first condition' });
  const again = new Condition(new RLock(), { name: 'first condition' });
  again.acquire();
  expect([lock.locked(), condition.locked()]).toEqual([true, true]);
  again.release();
});

describe.each<Kind>(['Thread', 'worker'])('names between threads (%s)', (kind) => {
  const start = starter(kind, __filename);

  it('lead to the same object from everywhere', () => {
    const event = new Event({ name: `everywhere ${kind}` });
    start((name: string) => {
      const { Event: Same } = require('nogil/threading') as { Event: typeof Event };
      new Same({ name }).set();
    }, `everywhere ${kind}`).join();
    expect(event.is_set()).toBe(true);
  });

  it('are given once when many want them at the same time', () => {
    const gate = new Event();
    const calls = [1, 2, 3, 4].map(() =>
      start(
        (go: Event, prefix: string) => {
          const { Semaphore: Same } = require('nogil/threading') as { Semaphore: typeof Semaphore };
          const all: Semaphore[] = [];
          go.wait();
          for (let i = 0; i < 200; i++) all.push(new Same(0, { name: `${prefix} ${i}` }));
          (globalThis as { kept?: unknown }).kept = all;
          return all.map((one) => one.handle.cell);
        },
        gate,
        `race ${kind}`,
      ),
    );
    gate.set();
    const cells = calls.map((call) => call.join());
    for (const other of cells.slice(1)) expect(other.length).toBe(cells[0].length);
  });
});
