/** The objects that a manager keeps, in its own process: what proxies call. Each call is one step for all who share the object. */
import { inspect } from 'node:util';
import { AttributeError, IndexError, KeyError, ValueError } from '../../internal/errors';
import { storable, type Type, typeOf } from '../typecodes';
import { equals } from './equality';
import { sorted } from './sort';

/** A Python dict. */
export class DictObject {
  private readonly map = new Map<unknown, unknown>();

  constructor(entries: [unknown, unknown][] = []) {
    this.update(entries);
  }

  /** The key in the map that equals this one. A Map itself finds objects by identity, and what comes here is a copy. */
  private own(key: unknown): unknown {
    if (typeof key !== 'object' || key === null || this.map.has(key)) return key;
    for (const each of this.map.keys()) if (equals(each, key)) return each;
    return key;
  }

  getitem(key: unknown): unknown {
    const own = this.own(key);
    if (!this.map.has(own)) throw missing(key);
    return this.map.get(own);
  }
  get(key: unknown, byDefault?: unknown): unknown {
    const own = this.own(key);
    return this.map.has(own) ? this.map.get(own) : byDefault;
  }
  set(key: unknown, value: unknown): void {
    this.map.set(this.own(key), value);
  }
  delete(key: unknown): void {
    if (!this.map.delete(this.own(key))) throw missing(key);
  }
  has(key: unknown): boolean {
    return this.map.has(this.own(key));
  }
  keys(): unknown[] {
    return [...this.map.keys()];
  }
  values(): unknown[] {
    return [...this.map.values()];
  }
  items(): [unknown, unknown][] {
    return [...this.map];
  }
  len(): number {
    return this.map.size;
  }
  pop(...given: [key: unknown, byDefault?: unknown]): unknown {
    const [key, byDefault] = given;
    const own = this.own(key);
    if (!this.map.has(own)) {
      if (given.length > 1) return byDefault;
      throw missing(key);
    }
    const value = this.map.get(own);
    this.map.delete(own);
    return value;
  }
  popitem(): [unknown, unknown] {
    const last = [...this.map].at(-1);
    if (!last) throw new KeyError('popitem(): dictionary is empty');
    this.map.delete(last[0]);
    return last;
  }
  setdefault(key: unknown, byDefault?: unknown): unknown {
    const own = this.own(key);
    if (!this.map.has(own)) this.map.set(own, byDefault);
    return this.map.get(own);
  }
  update(entries: [unknown, unknown][]): void {
    for (const [key, value] of entries) this.set(key, value);
  }
  clear(): void {
    this.map.clear();
  }
  copy(): Map<unknown, unknown> {
    return new Map(this.map);
  }
}

/** Inspected, never `String`, which would ask a proxy's object: that waits for this very process. */
export function missing(key: unknown): KeyError {
  return new KeyError(inspect(key));
}

/** A Python list. Indices below 0 count from the end. */
export class ListObject {
  protected array: unknown[];

  constructor(items: unknown[] = []) {
    this.array = items;
  }

  private at(index: number, what: string): number {
    const at = index < 0 ? index + this.array.length : index;
    if (!Number.isInteger(at) || at < 0 || at >= this.array.length) throw new IndexError(`${what} index out of range: ${index}`);
    return at;
  }

  getitem(index: number): unknown {
    return this.array[this.at(index, 'list')];
  }
  setitem(index: number, value: unknown): void {
    this.array[this.at(index, 'list assignment')] = value;
  }
  delitem(index: number): void {
    this.array.splice(this.at(index, 'list assignment'), 1);
  }
  slice(start?: number, end?: number): unknown[] {
    return this.array.slice(start, end);
  }
  append(item: unknown): void {
    this.array.push(item);
  }
  push(...items: unknown[]): number {
    return this.array.push(...items);
  }
  extend(items: unknown[]): void {
    for (const item of items) this.array.push(item);
  }
  insert(index: number, item: unknown): void {
    this.array.splice(index, 0, item);
  }
  pop(index = -1): unknown {
    if (this.array.length === 0) throw new IndexError('pop from empty list');
    return this.array.splice(this.at(index, 'pop'), 1)[0];
  }
  remove(item: unknown): void {
    this.array.splice(this.index(item), 1);
  }
  index(item: unknown): number {
    const at = this.array.findIndex((each) => equals(each, item));
    if (at < 0) throw new ValueError(`${inspect(item)} is not in list`);
    return at;
  }
  count(item: unknown): number {
    return this.array.filter((each) => equals(each, item)).length;
  }
  includes(item: unknown): boolean {
    return this.array.some((each) => equals(each, item));
  }
  reverse(): void {
    this.array.reverse();
  }
  sort(reverse: boolean): void {
    this.array = sorted('list.sort', this.array, reverse);
  }
  clear(): void {
    this.array.length = 0;
  }
  len(): number {
    return this.array.length;
  }
  copy(): unknown[] {
    return [...this.array];
  }
}

/** Attributes by name. */
export class NamespaceObject {
  private readonly map: Map<string, unknown>;

  constructor(attributes: [string, unknown][] = []) {
    this.map = new Map(attributes);
  }

  getattr(name: string): unknown {
    if (!this.map.has(name)) throw new AttributeError(`'Namespace' object has no attribute '${name}'`);
    return this.map.get(name);
  }
  setattr(name: string, value: unknown): void {
    this.map.set(name, value);
  }
  delattr(name: string): void {
    if (!this.map.delete(name)) throw new AttributeError(`'Namespace' object has no attribute '${name}'`);
  }
  hasattr(name: string): boolean {
    return this.map.has(name);
  }
  names(): string[] {
    return [...this.map.keys()];
  }
  copy(): Record<string, unknown> {
    return Object.fromEntries(this.map);
  }
}

/** One value. The type code is kept for the sake of Python's signature. */
export class ValueObject {
  constructor(
    readonly typecode: string,
    private value: unknown,
  ) {}

  get(): unknown {
    return this.value;
  }
  set(value: unknown): void {
    this.value = value;
  }
}

/** A list whose length stays, of what its typecode stands for. */
export class ArrayObject extends ListObject {
  private readonly type: Type;

  constructor(typecode: string, items: unknown[]) {
    const type = typeOf(typecode);
    super(items.map((item) => storable('Array', type, item)));
    this.type = type;
  }

  override setitem(index: number, value: unknown): void {
    super.setitem(index, storable('Array', this.type, value));
  }
}
