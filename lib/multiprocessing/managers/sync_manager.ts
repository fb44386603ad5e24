/* eslint-disable @typescript-eslint/no-explicit-any -- what a manager keeps need not be said, as in Python */
import { isOptions, iterableArgument, stringArgument } from '../../internal/arguments';
import { typeArgument } from '../typecodes';
import { attributesOf, entriesOf } from './arguments';
import { BaseManager } from './base_manager';
import {
  ManagedBarrier,
  ManagedBoundedSemaphore,
  ManagedCondition,
  ManagedEvent,
  ManagedLock,
  ManagedQueue,
  ManagedRLock,
  ManagedSemaphore,
} from './primitives';

type Entries = Record<string, unknown> | Map<unknown, unknown> | Iterable<readonly [unknown, unknown]>;

/**
 * A dict of a manager's: its items are properties too, as far as no method has their name. A key may be any value
 * that can be cloned. Those that are objects, such as the arrays that stand for tuples, are found by what is in
 * them, by going through all keys.
 */
export interface DictProxy extends Iterable<unknown> {
  /** The item of that key, or the default. */
  get(key: unknown, byDefault?: unknown): any;
  /** Throws KeyError where there is no such key. */
  getitem(key: unknown): any;
  /** Puts an item in, in place of one with that key. */
  set(key: unknown, value: unknown): void;
  /** Takes an item out. Throws KeyError where there is no such key. */
  delete(key: unknown): void;
  /** Whether there is an item of that key. */
  has(key: unknown): boolean;
  /** The keys, in order of insertion. */
  keys(): any[];
  /** Copies of the values, in order of insertion. */
  values(): any[];
  /** Pairs of a key and a value. */
  items(): [any, any][];
  /** How many items there are. */
  len(): number;
  readonly size: number;
  /** Takes an item out and gives its value, or the default; throws KeyError where there is neither. */
  pop(key: unknown, byDefault?: unknown): any;
  /** Takes the last item out. Throws KeyError where there is none. */
  popitem(): [any, any];
  /** The item of that key, which is put in first where there is none. */
  setdefault(key: unknown, byDefault?: unknown): any;
  /** Puts several items in. */
  update(entries: Entries): void;
  /** Takes all items out. */
  clear(): void;
  /** The items, as a Map of one's own. */
  copy(): Map<any, any>;
  [key: string]: any;
}

/** A list of a manager's. Indices below 0 count from the end. Items that are objects equal others by what is in them. */
export interface ListProxy extends Iterable<any> {
  /** Adds an item at the end. */
  append(item: unknown): void;
  /** Adds items at the end, as an array's `push`. */
  push(...items: unknown[]): number;
  /** Adds several items at the end. */
  extend(items: Iterable<unknown>): void;
  /** Puts an item in before the one of that index. */
  insert(index: number, item: unknown): void;
  /** Takes an item out, the last one by default. Throws IndexError where there is none. */
  pop(index?: number): any;
  /** Takes the first item out that equals this one. Throws ValueError where none does. */
  remove(item: unknown): void;
  /** Where the first item is that equals this one. Throws ValueError where none does. */
  index(item: unknown): number;
  /** How many items equal this one. */
  count(item: unknown): number;
  /** Whether any item equals this one. */
  includes(item: unknown): boolean;
  /** Turns the order round, in place. */
  reverse(): void;
  /**
   * Sorts in place, in the order of a PriorityQueue, which is Python's; `{ reverse: true }`: the largest first.
   * Throws TypeError where items do not compare; the list is as before then. There is no `key`.
   */
  sort(reverse?: boolean | { reverse?: boolean | undefined }): void;
  /** Takes all items out. */
  clear(): void;
  /** The items, as an array of one's own. */
  copy(): any[];
  /** A part of the items, as an array's `slice`. */
  slice(start?: number, end?: number): any[];
  /** How many items there are. */
  len(): number;
  readonly length: number;
  [index: number]: any;
}

/** A set of a manager's. Items are told apart as by a JavaScript Set; the others that its methods take are iterables. */
export interface SetProxy extends Iterable<any> {
  /** Puts an item in, unless one equals it. */
  add(item: unknown): void;
  /** Takes an item out, if it is there. */
  discard(item: unknown): void;
  /** Throws KeyError where there is no such item. */
  remove(item: unknown): void;
  /** Takes any item out and gives it. Throws KeyError where there is none. */
  pop(): any;
  /** Takes all items out. */
  clear(): void;
  /** Whether an item equals this one. */
  has(item: unknown): boolean;
  /** How many items there are. */
  len(): number;
  readonly size: number;
  /** The items, as a Set of one's own. */
  copy(): Set<any>;
  /** The items of this set and of all others. */
  union(...others: Iterable<unknown>[]): Set<any>;
  /** The items that all of the others have, too. */
  intersection(...others: Iterable<unknown>[]): Set<any>;
  /** The items that none of the others has. */
  difference(...others: Iterable<unknown>[]): Set<any>;
  /** The items that only one of both has. */
  symmetric_difference(other: Iterable<unknown>): Set<any>;
  /** Whether none of the others' items is here. */
  isdisjoint(other: Iterable<unknown>): boolean;
  /** Whether the other has all items of this set. */
  issubset(other: Iterable<unknown>): boolean;
  /** Whether this set has all items of the other. */
  issuperset(other: Iterable<unknown>): boolean;
  /** Puts the items of the others in. */
  update(...others: Iterable<unknown>[]): void;
  /** Keeps only what all of the others have. */
  intersection_update(...others: Iterable<unknown>[]): void;
  /** Takes out what any of the others has. */
  difference_update(...others: Iterable<unknown>[]): void;
  /** Keeps what only one of both has, the other's items included. */
  symmetric_difference_update(other: Iterable<unknown>): void;
}

/** A namespace of a manager's: attributes to set, read and delete. */
export type NamespaceProxy = Record<string, any>;

/** A value of a manager's. */
export interface ValueProxy {
  value: any;
  /** The value. */
  get(): any;
  /** Changes the value. */
  set(value: unknown): void;
}

/**
 * A manager of dicts, lists, namespaces and values, and of locks and queues.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.managers.SyncManager
 */
export class SyncManager extends BaseManager {
  /** A dict with these items: of an object, a Map, or pairs; then of the keywords. */
  dict(entries?: Entries | null, keywords?: Record<string, unknown>): DictProxy {
    const all = [...entriesOf('dict', 'entries', entries), ...entriesOf('dict', 'keywords', keywords)];
    return this._make('dict', [all]) as DictProxy;
  }

  /** A list with these items. */
  list(items: Iterable<unknown> = []): ListProxy {
    return this._make('list', [iterableArgument('list', 'items', items)]) as ListProxy;
  }

  /** A set with these items. */
  set(items: Iterable<unknown> = []): SetProxy {
    return this._make('set', [iterableArgument('set', 'items', items)]) as SetProxy;
  }

  /** A namespace with these attributes. */
  Namespace(attributes: Record<string, unknown> = {}): NamespaceProxy {
    return this._make('Namespace', [attributesOf('Namespace', 'attributes', attributes)]) as NamespaceProxy;
  }

  /**
   * A value that all can read and set.
   *
   * @param typecode - as in Python; the value may be anything
   */
  Value(typecode: string, value: unknown): ValueProxy {
    return this._make('Value', [stringArgument('Value', 'typecode', typecode), value]) as ValueProxy;
  }

  /**
   * A list of a fixed length, of numbers, or of what else the typecode stands for.
   *
   * @param typecode - as of `multiprocessing.Array`
   * @throws TypeError where the typecode or an item does not fit
   * @throws OverflowError where an item is out of its range
   */
  Array(typecode: string, sequence: Iterable<unknown>): ListProxy {
    const { code, kind } = typeArgument('Array', typecode);
    const items = iterableArgument('Array', 'sequence', sequence);
    return this._make('Array', [
      code,
      kind === 'bytes' && typeof sequence === 'string' ? [...Buffer.from(sequence)] : items,
    ]) as ListProxy;
  }

  /** A lock whose `release` of a free one throws RuntimeError, as that of `threading`. */
  Lock(): InstanceType<typeof ManagedLock> {
    this._running();
    return new ManagedLock();
  }
  /** A lock that its holder may take again. */
  RLock(): InstanceType<typeof ManagedRLock> {
    this._running();
    return new ManagedRLock();
  }
  /** A condition on that lock, by default on a new RLock. */
  Condition(lock?: ConstructorParameters<typeof ManagedCondition>[0]): InstanceType<typeof ManagedCondition> {
    this._running();
    const given: unknown = isOptions(lock) ? lock.lock : lock;
    return new ManagedCondition(given ?? new ManagedRLock());
  }
  /** An event, not set. */
  Event(): InstanceType<typeof ManagedEvent> {
    this._running();
    return new ManagedEvent();
  }
  /** A semaphore of that many units, 1 by default. */
  Semaphore(value?: number): InstanceType<typeof ManagedSemaphore> {
    this._running();
    return new ManagedSemaphore(value);
  }
  /** A semaphore that never has more units than at its start. */
  BoundedSemaphore(value?: number): InstanceType<typeof ManagedBoundedSemaphore> {
    this._running();
    return new ManagedBoundedSemaphore(value);
  }
  /** A barrier for that many parties. */
  Barrier(...args: ConstructorParameters<typeof ManagedBarrier>): InstanceType<typeof ManagedBarrier> {
    this._running();
    return new ManagedBarrier(...args);
  }
  /** A queue, bounded where `maxsize` is above 0. */
  Queue(maxsize = 0): InstanceType<typeof ManagedQueue> {
    this._running();
    return new ManagedQueue(maxsize);
  }
  /** As {@link SyncManager.Queue}: every queue of a manager has `task_done` and `join`. */
  JoinableQueue(maxsize = 0): InstanceType<typeof ManagedQueue> {
    return this.Queue(maxsize);
  }
}

/**
 * A manager that has been started.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Manager
 */
export function Manager(): SyncManager {
  const manager = new SyncManager();
  manager.start();
  return manager;
}
