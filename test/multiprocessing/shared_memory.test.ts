/** nogil/multiprocessing/shared_memory. */
import { existsSync } from 'node:fs';
import { FileExistsError, FileNotFoundError, IndexError, OverflowError, ValueError } from 'nogil';
import { ProcessError } from 'nogil/multiprocessing';
import { SharedMemoryManager } from 'nogil/multiprocessing/managers';
import { type ShareableItem, ShareableList, SharedMemory } from 'nogil/multiprocessing/shared_memory';
import { eventually, thrown } from '../helpers/peers';
import { runScript } from '../helpers/script';
import { endPeers, Peer } from './peer';

let peer: Peer;
beforeAll(() => {
  peer = new Peer();
});
afterAll(endPeers);

const isThere = (name: string): boolean => existsSync(`/dev/shm/${name}`);

test('SharedMemory: made, found by name, closed, unlinked', () => {
  const made = new SharedMemory({ create: true, size: 100 });
  expect([made.size, made.buf.length, /^psm_[0-9a-f]{8}$/.test(made.name), isThere(made.name)]).toEqual([100, 100, true, true]);
  made.buf[3] = 7;
  const found = new SharedMemory(made.name);
  expect([found.buf[3], found.size]).toEqual([7, 100]);
  expect(
    peer.call((m) => {
      m.buf[4] = 8;
      const { name } = m;
      m.close();
      return name;
    }, made),
  ).toBe(made.name);
  expect(found.buf[4]).toBe(8);
  const view = new Uint8Array(found.buf.buffer);
  found.close();
  found.close();
  expect([found.buf.length, view.length, view[3], made.buf[3]]).toEqual([0, 0, undefined, 7]);
  made.unlink();
  expect(isThere(made.name)).toBe(false);
  expect(() => made.unlink()).toThrow(FileNotFoundError);
  expect(made.buf[3]).toBe(7);
  made.close();
});

test('SharedMemory: errors', () => {
  using made = new SharedMemory('nogil-test-memory', true, 8);
  expect(() => new SharedMemory({ name: made.name, create: true, size: 8 })).toThrow(FileExistsError);
  expect(thrown(() => new SharedMemory({ name: 'nogil-none' })).code).toBe('ENOENT');
  for (const size of [0, -1]) expect(() => new SharedMemory({ create: true, size })).toThrow(ValueError);
  expect(() => new SharedMemory()).toThrow(ValueError);
  for (const name of ['a/b', '', '..', 'a b'])
    expect(() => new SharedMemory({ name, create: true, size: 1 })).toThrow(ValueError);
  expect(() => new SharedMemory({ name: 3 as never })).toThrow(TypeError);
  made.unlink();
});

test('ShareableList', () => {
  const items: ShareableItem[] = [1, -2.5, true, false, null, 'héllo', Uint8Array.of(1, 2), '12345678', 2n ** 60n];
  const list = new ShareableList(items);
  expect([...list]).toEqual(items);
  expect([list.format, list.length]).toEqual(['qdxxxxxxx?xxxxxxx?xxxxxx?x8s8s16sq', 9]);
  expect([list.count(1), list.count('no'), list.index('héllo'), list.at(-2)]).toEqual([1, 0, 5, '12345678']);
  expect(() => list.index('no')).toThrow(ValueError);
  for (const none of [9, -10]) {
    expect(() => list[none]).toThrow(IndexError);
    expect(() => (list[none] = 1)).toThrow(IndexError);
  }
  expect([list[-1], list[-9], (list as unknown as Record<string, unknown>)['-01']]).toEqual([2n ** 60n, 1, undefined]);
  list[-1] = 7;
  expect([list[8], peer.call((l) => l[-1], list)]).toEqual([7, 7]);
  list[5] = '12345678';
  expect(() => (list[5] = '123456789')).toThrow(ValueError);
  expect(() => (list[0] = {} as never)).toThrow(TypeError);
  for (const large of [2n ** 63n, -(2n ** 63n) - 1n, 2n ** 64n + 5n]) {
    expect(() => (list[0] = large)).toThrow(OverflowError);
    expect(() => new ShareableList([large])).toThrow(OverflowError);
  }
  expect(list[0]).toBe(1);
  list[0] = -(2n ** 63n);
  expect(list[0]).toBe(-(2n ** 63n));
  list[0] = 'text';
  list[1] = null;
  expect(
    peer.call((l) => {
      l[2] = 5;
      return [l[0], l[1]];
    }, list),
  ).toEqual(['text', null]);
  const found = new ShareableList(undefined, { name: list.shm.name });
  expect([found[2], found[5]]).toEqual([5, '12345678']);
  for (const empty of [new ShareableList(), new ShareableList(null), new ShareableList(''), new ShareableList([])]) {
    expect([[...empty], empty.length]).toEqual([[], 0]);
    empty.shm.unlink();
  }
  const named = new ShareableList('aż', { name: 'nogil-test-list' });
  expect([[...named], [...new ShareableList({ name: 'nogil-test-list' })]]).toEqual([['a', 'ż'], ['a', 'ż']]); // prettier-ignore
  named.shm.unlink();
  expect([...new ShareableList(new Set([1]))]).toEqual([1]);
  for (const none of [5, true, { sequence: {} }]) expect(() => new ShareableList(none as never)).toThrow(TypeError);
  list.shm.unlink();
});

test('what a child made is there after its end, and nothing when the tree is gone, however it went', async () => {
  const { stdout, signal } = await runScript(
    `
    const { Process, Queue } = require('nogil/multiprocessing');
    const { SharedMemory } = require('nogil/multiprocessing/shared_memory');
    const queue = new Queue();
    const child = new Process({
      target: (q) => {
        const { SharedMemory } = require('nogil/multiprocessing/shared_memory');
        const kept = new SharedMemory({ create: true, size: 10 });
        const gone = new SharedMemory({ create: true, size: 10 });
        gone.unlink();
        q.put(kept.name);
      },
      args: [queue],
    });
    child.start();
    const name = queue.get(true, 20);
    child.join(20);
    const mine = new SharedMemory({ create: true, size: 10 });
    const untracked = new SharedMemory({ create: true, size: 10, track: false });
    new SharedMemory({ name });
    process.stdout.write(JSON.stringify([name, mine.name, untracked.name]), () => process.kill(process.pid, 'SIGKILL'));
    `,
    { timeout: 100_000 },
  );
  expect(signal).toBe('SIGKILL');
  const [kept, mine, untracked] = JSON.parse(stdout) as string[];
  await eventually(() => !isThere(kept) && !isThere(mine));
  expect(isThere(untracked)).toBe(true);
  new SharedMemory({ name: untracked, track: false }).unlink();
});

test('SharedMemoryManager: removes what it has made', () => {
  const manager = new SharedMemoryManager();
  manager.start();
  expect(() => manager.start()).toThrow(ProcessError);
  const memory = manager.SharedMemory(64);
  const list = manager.ShareableList([1, 'two', null]);
  const names = [memory.name, list.shm.name];
  memory.buf[0] = 5;
  expect(peer.call((m, l) => [m.buf[0], l[1]], memory, list)).toEqual([5, 'two']);
  const early = manager.SharedMemory(8);
  early.unlink();
  manager.shutdown();
  manager.shutdown();
  expect([...names, early.name].map(isThere)).toEqual([false, false, false]);
  expect(() => manager.SharedMemory(8)).toThrow(ProcessError);
  let inBlock = '';
  {
    using other = new SharedMemoryManager();
    inBlock = other.SharedMemory(8).name;
    expect(isThere(inBlock)).toBe(true);
  }
  expect(isThere(inBlock)).toBe(false);
});
