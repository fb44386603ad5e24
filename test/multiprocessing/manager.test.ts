/** multiprocessing.Manager. Behaviour 35 of the contract's samples, and the rest of Python's page. */
import { inspect } from 'node:util';
import { AttributeError, IndexError, KeyError, OverflowError, RuntimeError, ValueError } from 'nogil';
import { active_children, Manager, Process, ProcessError, SyncManager } from 'nogil/multiprocessing';
import { BaseManager, type SetProxy } from 'nogil/multiprocessing/managers';
import { Empty, Full } from 'nogil/queue';
import { Thread } from 'nogil/threading';
import { thrown } from '../helpers/peers';

const targets = require('./fixtures/managed.cjs');
const LIMIT = 60;
let manager: SyncManager;

beforeAll(() => {
  manager = Manager();
});
afterAll(() => manager.shutdown());

function run(...processes: Process[]): void {
  for (const each of processes) each.start();
  for (const each of processes) each.join(LIMIT);
  expect(processes.map((each) => each.exitcode)).toEqual(processes.map(() => 0));
}

test('three processes share a dict, a list and a lock', () => {
  const dict = manager.dict({ n: 0 });
  const list = manager.list();
  const lock = manager.Lock();
  run(...[1, 2, 3].map((id) => new Process({ target: targets.increment, args: [dict, list, lock, id] })));
  expect(dict.n).toBe(150);
  expect([...list].sort()).toEqual([1, 2, 3]);
});

test('what is read is a copy, but a proxy is a proxy', () => {
  const dict = manager.dict();
  dict.plain = [1];
  dict.plain.push(2);
  expect(dict.plain).toEqual([1]);
  const copy = dict.plain;
  copy.push(2);
  dict.plain = copy;
  expect(dict.plain).toEqual([1, 2]);
  const list = manager.list([1]);
  dict.list = list;
  dict.list.append(2);
  expect(list.copy()).toEqual([1, 2]);
});

test('a set', () => {
  const set = manager.set([1, 2, 2, 'a']);
  expect([set.len(), set.size, set.has('a'), [...set]]).toEqual([3, 3, true, [1, 2, 'a']]);
  set.add(3);
  set.discard('missing');
  set.remove('a');
  expect(() => set.remove('a')).toThrow(KeyError);
  expect(set.union([9], manager.set([8]))).toEqual(new Set([1, 2, 3, 9, 8]));
  expect(set.intersection([1, 2], [2, 5])).toEqual(new Set([2]));
  expect(set.difference([1], [3])).toEqual(new Set([2]));
  expect(set.symmetric_difference([3, 4])).toEqual(new Set([1, 2, 4]));
  expect([set.isdisjoint([5]), set.issubset([1, 2, 3, 4]), set.issuperset([1]), set.issuperset([5])]).toEqual([
    true,
    true,
    true,
    false,
  ]);
  set.update([4], new Set([5]));
  set.intersection_update([2, 4, 5]);
  set.difference_update([5]);
  set.symmetric_difference_update([4, 7]);
  expect(set.copy()).toEqual(new Set([2, 7]));
  run(new Process({ target: (shared: SetProxy) => { shared.add('from a process'); }, args: [set] })); // prettier-ignore
  expect(set.has('from a process')).toBe(true);
  expect([set.pop(), set.pop(), set.pop()]).toEqual([2, 7, 'from a process']);
  expect(() => set.pop()).toThrow(KeyError);
});

test('errors come back as themselves', () => {
  const dict = manager.dict();
  expect(() => dict.missing).toThrow(KeyError);
  expect(() => dict.pop('missing')).toThrow(KeyError);
  expect(() => delete dict.missing).toThrow(KeyError);
  expect(() => dict.popitem()).toThrow(KeyError);
  expect(dict.get('missing')).toBeUndefined();
  expect(dict.get('missing', 5)).toBe(5);
  const list = manager.list([1]);
  expect(() => list[1]).toThrow(IndexError);
  expect(() => (list[5] = 1)).toThrow(IndexError);
  expect(() => list.remove(7)).toThrow(ValueError);
  expect(() => manager.Namespace().missing).toThrow(AttributeError);
  const queue = manager.Queue(1);
  expect(() => queue.get_nowait()).toThrow(Empty);
  queue.put(1);
  expect(() => queue.put_nowait(2)).toThrow(Full);
  expect(() => manager.Lock().release()).toThrow(RuntimeError);
  expect(() => manager.RLock().release()).toThrow(RuntimeError);
  expect(() => manager.Condition().notify()).toThrow(RuntimeError);
  expect(() => manager.BoundedSemaphore(1).release()).toThrow(ValueError);
  expect(() => dict.set('f', () => 1)).toThrow(/clone/);
});

test('primitives keep their errors in other processes, and queues carry items', () => {
  const lock = manager.Lock();
  const list = manager.list();
  const queue = manager.Queue();
  const event = manager.Event();
  const producer = new Process({ target: targets.useQueue, args: [queue, event] });
  producer.start();
  run(new Process({ target: targets.releaseFree, args: [lock, list] }));
  expect(list.copy()).toEqual(['RuntimeError']);
  expect([queue.get(true, LIMIT), queue.get(true, LIMIT), queue.get(true, LIMIT)]).toEqual([0, 1, 2]);
  event.set();
  expect(queue.get(true, LIMIT)).toBe('end');
  producer.join(LIMIT);
});

test('a dict', () => {
  const dict = manager.dict([['a', 1]], { b: 2 });
  dict.update({ c: 3 });
  dict.set(7, 'seven');
  expect(dict.items()).toEqual([
    ['a', 1],
    ['b', 2],
    ['c', 3],
    [7, 'seven'],
  ]);
  expect([dict.size, dict.len(), dict.has(7), 'a' in dict, 'z' in dict]).toEqual([4, 4, true, true, false]);
  expect(Object.keys(dict)).toEqual(['a', 'b', 'c']);
  expect([...dict]).toEqual(['a', 'b', 'c', 7]);
  expect([dict.setdefault('a', 9), dict.setdefault('d', 9), dict.pop('d'), dict.pop('d', 0)]).toEqual([1, 9, 9, 0]);
  delete dict.a;
  expect(dict.popitem()).toEqual([7, 'seven']);
  expect(dict.copy()).toEqual(
    new Map([
      ['b', 2],
      ['c', 3],
    ]),
  );
  dict.clear();
  expect(dict.values()).toEqual([]);
  expect(inspect(dict)).toMatch(/^<dict proxy/);
});

test('a list', () => {
  const list = manager.list([3, 1]);
  list.append(2);
  list.extend([5, 5]);
  list.insert(0, 0);
  expect([list.length, list[0], list[-1], list.index(2), list.count(5), list.includes(9)]).toEqual([6, 0, 5, 3, 2, false]);
  list[1] = 30;
  list.sort();
  expect(list.copy()).toEqual([0, 1, 2, 5, 5, 30]);
  list.reverse();
  list.remove(5);
  expect([list.pop(), list.pop(0), list.slice(0, 2)]).toEqual([0, 30, [5, 2]]);
  list.clear();
  expect([...list]).toEqual([]);
  expect(() => list.pop()).toThrow(IndexError);
});

describe('sort()', () => {
  test.each<[string, unknown[], unknown[]]>([
    ['numbers, bigints and booleans', [10, 9n, true, 2.5, -1], [-1, true, 2.5, 9n, 10]],
    ['strings by code point', ['\u{1f600}', '\uffff', 'b', 'a'], ['a', 'b', '\uffff', '\u{1f600}']],
    ['arrays element by element', [[2, 'b'], [10, 'a'], [2, 'a'], [2]], [[2], [2, 'a'], [2, 'b'], [10, 'a']]], // prettier-ignore
    ['one item of whatever kind', [null], [null]],
  ])('orders %s as Python does', (_what, items, sorted) => {
    const list = manager.list(items);
    list.sort();
    expect(list.copy()).toEqual(sorted);
    list.sort({ reverse: true });
    expect(list.copy()).toEqual(sorted.reverse());
  });

  test('leaves equal ones as they were, also in reverse', () => {
    const list = manager.list([1, true, 2, 1n]);
    list.sort(true);
    expect(list.copy()).toEqual([2, 1, true, 1n]);
  });

  test.each<[string, unknown[]]>([
    ['kinds that do not compare', [1, 'a']],
    ['null', [null, 3, 1]],
    ['objects', [{ a: 2 }, { a: 1 }]],
    ['objects in arrays, where it comes to them', [[1, {}], [1, {}]]], // prettier-ignore
  ])('refuses %s, and the list is as before', (_what, items) => {
    const list = manager.list(items);
    expect(() => list.sort()).toThrow(TypeError);
    expect(list.copy()).toEqual(items);
  });

  test('refuses other arguments', async () => {
    const list = manager.list([2, 1]);
    expect(() => list.sort({ foo: 1 } as never)).toThrow(/unexpected option 'foo'/);
    expect(() => list.sort(5 as never)).toThrow(/'reverse' must be a boolean/);
    expect(() => list.sort({ key: (x: number) => -x } as never)).toThrow(/'key' can not be sent/);
    await expect((list as any).sort_async({ foo: 1 })).rejects.toThrow(TypeError);
    expect(list.copy()).toEqual([2, 1]);
    await (list as any).sort_async({ key: null, reverse: false });
    expect(list.copy()).toEqual([1, 2]);
  });
});

test('a namespace, a value and an array', () => {
  const namespace = manager.Namespace({ a: 1 });
  namespace.b = { deep: [1] };
  expect([namespace.a, namespace.b, 'b' in namespace]).toEqual([1, { deep: [1] }, true]);
  delete namespace.a;
  expect(() => namespace.a).toThrow(AttributeError);
  const value = manager.Value('i', 5);
  value.value++;
  expect([value.value, value.get()]).toEqual([6, 6]);
  const array = manager.Array('i', [1, 2, 3]);
  array[1] = 20;
  expect([array.copy(), array.length]).toEqual([[1, 20, 3], 3]);
  expect(() => array[3]).toThrow(IndexError);
});

test('items of a list and keys of a dict are found by value', () => {
  const cycle: unknown[] = [1];
  cycle.push(cycle);
  const values = [
    [1, 2],
    { a: [1], b: undefined },
    new Map([[[1], { a: 1 }]]),
    new Set([[1]]),
    new Date(5),
    Uint8Array.of(1, 2),
    /x/g,
    NaN,
    cycle,
    null,
  ];
  const list = manager.list(values);
  expect(values.map((value) => list.index(value))).toEqual([...values.keys()]);
  expect([list.index({ b: undefined, a: [1] }), list.count([1, 2]), list.includes([1, 2])]).toEqual([1, 1, true]);
  for (const other of [[1], [1, 2, 3], { a: [1] }, { a: [1], c: undefined }, new Map([[[1], 1]]), new Set([1]), new Date(6), /x/])
    expect(() => list.index(other)).toThrow(ValueError);
  list.remove([1, 2]);
  expect([list.count([1, 2]), list.len(), manager.list([-0]).index(0)]).toEqual([0, 9, 0]);

  const dict = manager.dict([
    [[1, 2], 'first'],
    [[1, 2], 'v'],
  ]);
  expect([dict.get([1, 2]), dict.getitem([1, 2]), dict.has([1, 2]), dict.has([2, 1]), dict.len()]).toEqual([
    'v',
    'v',
    true,
    false,
    1,
  ]);
  dict.update(new Map([[[1, 2], 'w']]));
  expect([dict.setdefault([1, 2], 'x'), dict.pop([1, 2]), dict.pop([1, 2], 'none')]).toEqual(['w', 'w', 'none']);
  dict.set({ a: 1 }, 2);
  dict.delete({ a: 1 });
  expect(() => dict.getitem([1, 2])).toThrow(new KeyError('[ 1, 2 ]'));
  expect(dict.len()).toBe(0);
});

test('proxies in lists are found without asking them', () => {
  const [inner, other] = [manager.list([1]), manager.dict({ a: 1 })];
  const list = manager.list([[inner], other, new Set([inner])]);
  expect([list.index(other), list.index([inner]), list.index(new Set([inner]))]).toEqual([1, 0, 2]);
  expect(() => list.remove(inner)).toThrow(ValueError);
  expect(() => manager.dict().getitem(other)).toThrow(KeyError);
  expect(() => manager.set().remove(other)).toThrow(KeyError);
  expect(() => manager.list([other, inner]).sort()).toThrow(TypeError);
});

test('wrong arguments are refused by name', async () => {
  const m = manager as any;
  const list = m.list([1, 2]);
  const dict = m.dict({ a: 1 });
  const wrong: [call: () => unknown, message: RegExp][] = [
    [() => m.dict(5), /dict\(\): 'entries'/],
    [() => m.dict('ab'), /'entries'/],
    [() => m.dict([1]), /'entries' .* not 1$/],
    [() => m.dict([['a']]), /'entries'/],
    [() => m.dict({}, 5), /'keywords'/],
    [() => dict.update(5), /dict.update\(\): 'entries'/],
    [() => m.list(5), /list\(\): 'items'/],
    [() => m.set(5), /set\(\): 'items'/],
    [() => m.set().union(5), /set.union\(\): 'other'/],
    [() => list.extend(5), /list.extend\(\): 'items'/],
    [() => list.insert('a', 1), /list.insert\(\): 'index'/],
    [() => list.insert(), /'index'/],
    [() => list.pop('a'), /list.pop\(\): 'index'/],
    [() => list.getitem(0.5), /'index'/],
    [() => m.Array('i', [1]).setitem('a', 1), /Array.setitem\(\): 'index'/],
    [() => m.Namespace(5), /Namespace\(\): 'attributes'/],
    [() => m.Namespace([['a', 1]]), /'attributes'/],
    [() => m.Namespace(new Map([[1, 1]])), /'attributes'/],
  ];
  for (const [call, message] of wrong) {
    const error = thrown(call);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toMatch(message);
  }
  await expect(list.insert_async('a', 1)).rejects.toThrow(TypeError);
  expect([list.copy(), dict.items()]).toEqual([[1, 2], [['a', 1]]]);
});

test('what other proxies hold is taken', () => {
  const dict = manager.dict(manager.dict([[1, 2]]), { a: manager.list() });
  dict.update(manager.list([['b', 3]]));
  expect(dict.keys()).toEqual([1, 'a', 'b']);
  const list = manager.list(manager.set('ab'));
  list.extend(list);
  expect(list.copy()).toEqual(['a', 'b', 'a', 'b']);
  expect(manager.Namespace(manager.Namespace({ a: 1 })).a).toBe(1);
});

test('an array takes what its typecode stands for', () => {
  const array = manager.Array('i', [1, 2]);
  expect(() => (array[0] = 'x')).toThrow(TypeError);
  expect(() => (array[0] = 1.5)).toThrow(TypeError);
  expect(() => (array[0] = 2 ** 31)).toThrow(OverflowError);
  expect(() => delete array[0]).toThrow(TypeError);
  array[-1] = -(2 ** 31);
  expect(array.copy()).toEqual([1, -(2 ** 31)]);
  expect(() => manager.Array('zz', [1])).toThrow(/'typecode' must be one of/);
  expect(() => manager.Array('i', ['x'])).toThrow(TypeError);
  expect(() => manager.Array('i', 3 as never)).toThrow(/'sequence'/);
  expect(() => manager.Array('B', [256])).toThrow(OverflowError);
  expect(() => manager.Array('Q', [-1])).toThrow(OverflowError);
  expect([manager.Array('q', [1, 2n]).copy(), manager.Array('f', [0.1])[0]]).toEqual([[1n, 2n], Math.fround(0.1)]);
  expect([manager.Array('u', 'aż').copy(), manager.Array('c', 'ab').copy()]).toEqual([['a', 'ż'], [97, 98]]); // prettier-ignore
});

test('as text and as JSON', () => {
  const list = manager.list([1, 'a']);
  expect(String(list)).toBe("[ 1, 'a' ]");
  expect(String(manager.dict({ a: 1 }))).toBe("Map(1) { 'a' => 1 }");
  expect(manager.dict({ a: 1 }).toString()).toBe("Map(1) { 'a' => 1 }");
  expect(String(manager.set([1]))).toBe('Set(1) { 1 }');
  expect(String(manager.Namespace({ a: 1 }))).toBe('{ a: 1 }');
  expect([manager.Value('i', 5), manager.Array('i', [1])].map(String)).toEqual(['5', '[ 1 ]']);
  expect(JSON.stringify({ list: manager.list([list, 2]), array: manager.Array('i', [3]), dict: manager.dict({ a: list }) })).toBe(
    '{"list":[[1,"a"],2],"array":[3],"dict":{"a":[1,"a"]}}',
  );
  expect(JSON.stringify([manager.Value('i', 5), manager.Namespace({ b: 2 })])).toBe('[{"value":5},{"b":2}]');
});

test('async twins, and use from a thread', async () => {
  const dict = manager.dict({ n: 1 });
  await Promise.all([dict.set_async('n', 2), dict.set_async('m', 3)]);
  expect(await dict.get_async('n')).toBe(2);
  await expect(dict.getitem_async('none')).rejects.toThrow(KeyError);
  const thread = new Thread({ target: (d: any) => (d.fromThread = (d.m as number) + 1), args: [dict] });
  thread.start();
  await thread.join_async();
  expect(dict.fromThread).toBe(4);
});

test('types of a program', async () => {
  class MyManager extends BaseManager {
    declare Counter: (start: number) => any;
    declare Suicide: () => any;
  }
  MyManager.register('Counter', targets.Counter);
  MyManager.register('Suicide', targets.suicide, { exposed: ['now'] });
  using mine = new MyManager();
  expect(() => mine.Counter(1)).toThrow(ProcessError);
  mine.start();
  const counter = mine.Counter(40);
  expect(counter.add(2)).toBe(42);
  expect(await counter.add_async(1)).toBe(43);
  expect(counter.later()).toBe(43);
  expect([`${counter}`, String(mine.Suicide())]).toEqual(['[object Object]', expect.stringMatching(/^<Suicide proxy/)]);
  expect(() => counter.ask(mine.Counter(1))).toThrow(RuntimeError);
  expect(counter.ask_later(mine.Counter(1))).toBe(2);
  expect(() => counter.fail()).toThrow(new RangeError('as told'));
  expect(() => counter._private()).toThrow(AttributeError);
  expect(() => counter.nothing()).toThrow(AttributeError);
  expect(() => mine.Suicide().now()).toThrow(/shut down/);
  expect(() => counter.add(1)).toThrow(/shut down/);
});

test('starting, shutting down', () => {
  const one = new SyncManager();
  expect(() => one.dict()).toThrow(ProcessError);
  expect(() => one.Lock()).toThrow(ProcessError);
  one.start();
  expect(() => one.start()).toThrow(ProcessError);
  const dict = one.dict();
  expect(active_children().length).toBeGreaterThan(1);
  one.shutdown();
  one.shutdown();
  expect(() => dict.get('a')).toThrow(/shut down/);
  expect(String(dict)).toMatch(/^<dict proxy/);
  expect(() => one.dict()).toThrow(ProcessError);
  expect(() => one.start()).toThrow(ProcessError);
});
