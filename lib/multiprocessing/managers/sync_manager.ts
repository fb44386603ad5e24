/* eslint-disable @typescript-eslint/no-explicit-any -- what a manager keeps need not be said, as in Python */
import { isOptions, stringArgument } from '../../internal/arguments';
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
import { entriesOf } from './proxies';

type Entries = Record<string, unknown> | Map<unknown, unknown> | Iterable<readonly [unknown, unknown]>;

/** A dict of a manager's: its items are properties too, as far as no method has their name. */
export interface DictProxy extends Iterable<unknown> {
  /** The item of that key, or the default. */
  get(key: unknown, byDefault?: unknown): any;
  /** Throws KeyError where there is no such key. */
  getitem(key: unknown): any;
  set(key: unknown, value: unknown): void;
  delete(key: unknown): void;
  has(key: unknown): boolean;
  keys(): any[];
  values(): any[];
  items(): [any, any][];
  len(): number;
  readonly size: number;
  pop(key: unknown, byDefault?: unknown): any;
  popitem(): [any, any];
  setdefault(key: unknown, byDefault?: unknown): any;
  update(entries: Entries): void;
  clear(): void;
  copy(): Map<any, any>;
  [key: string]: any;
}

/** A list of a manager's. Indices below 0 count from the end. */
export interface ListProxy extends Iterable<any> {
  append(item: unknown): void;
  push(...items: unknown[]): number;
  extend(items: Iterable<unknown>): void;
  insert(index: number, item: unknown): void;
  pop(index?: number): any;
  remove(item: unknown): void;
  index(item: unknown): number;
  count(item: unknown): number;
  includes(item: unknown): boolean;
  reverse(): void;
  sort(reverse?: boolean): void;
  clear(): void;
  copy(): any[];
  slice(start?: number, end?: number): any[];
  len(): number;
  readonly length: number;
  [index: number]: any;
}

/** A set of a manager's. Items are told apart as by a JavaScript Set; the others that its methods take are iterables. */
export interface SetProxy extends Iterable<any> {
  add(item: unknown): void;
  discard(item: unknown): void;
  /** Throws KeyError where there is no such item. */
  remove(item: unknown): void;
  pop(): any;
  clear(): void;
  has(item: unknown): boolean;
  len(): number;
  readonly size: number;
  copy(): Set<any>;
  union(...others: Iterable<unknown>[]): Set<any>;
  intersection(...others: Iterable<unknown>[]): Set<any>;
  difference(...others: Iterable<unknown>[]): Set<any>;
  symmetric_difference(other: Iterable<unknown>): Set<any>;
  isdisjoint(other: Iterable<unknown>): boolean;
  issubset(other: Iterable<unknown>): boolean;
  issuperset(other: Iterable<unknown>): boolean;
  update(...others: Iterable<unknown>[]): void;
  intersection_update(...others: Iterable<unknown>[]): void;
  difference_update(...others: Iterable<unknown>[]): void;
  symmetric_difference_update(other: Iterable<unknown>): void;
}

/** A namespace of a manager's: attributes to set, read and delete. */
export type NamespaceProxy = Record<string, any>;

/** A value of a manager's. */
export interface ValueProxy {
  value: any;
  get(): any;
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
    return this._make('dict', [[...entriesOf(entries), ...entriesOf(keywords)]]) as DictProxy;
  }

  list(items: Iterable<unknown> = []): ListProxy {
    return this._make('list', [[...items]]) as ListProxy;
  }

  set(items: Iterable<unknown> = []): SetProxy {
    return this._make('set', [[...items]]) as SetProxy;
  }

  Namespace(attributes: Record<string, unknown> = {}): NamespaceProxy {
    return this._make('Namespace', [entriesOf(attributes)]) as NamespaceProxy;
  }

  /** @param typecode - as in Python; the value may be anything */
  Value(typecode: string, value: unknown): ValueProxy {
    return this._make('Value', [stringArgument('Value', 'typecode', typecode), value]) as ValueProxy;
  }

  /** A list of a fixed length. */
  Array(typecode: string, items: Iterable<unknown>): ListProxy {
    return this._make('Array', [stringArgument('Array', 'typecode', typecode), [...items]]) as ListProxy;
  }

  Lock(): InstanceType<typeof ManagedLock> {
    this._running();
    return new ManagedLock();
  }
  RLock(): InstanceType<typeof ManagedRLock> {
    this._running();
    return new ManagedRLock();
  }
  Condition(lock?: ConstructorParameters<typeof ManagedCondition>[0]): InstanceType<typeof ManagedCondition> {
    this._running();
    const given: unknown = isOptions(lock) ? lock.lock : lock;
    return new ManagedCondition(given ?? new ManagedRLock());
  }
  Event(): InstanceType<typeof ManagedEvent> {
    this._running();
    return new ManagedEvent();
  }
  Semaphore(value?: number): InstanceType<typeof ManagedSemaphore> {
    this._running();
    return new ManagedSemaphore(value);
  }
  BoundedSemaphore(value?: number): InstanceType<typeof ManagedBoundedSemaphore> {
    this._running();
    return new ManagedBoundedSemaphore(value);
  }
  Barrier(...args: ConstructorParameters<typeof ManagedBarrier>): InstanceType<typeof ManagedBarrier> {
    this._running();
    return new ManagedBarrier(...args);
  }
  Queue(maxsize = 0): InstanceType<typeof ManagedQueue> {
    this._running();
    return new ManagedQueue(maxsize);
  }
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
