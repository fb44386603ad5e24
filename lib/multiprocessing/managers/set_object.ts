import { KeyError } from '../../internal/errors';
import { missing } from './objects';

/** A Python set, in the manager's process. Items are told apart as a JavaScript Set does: objects are copies, so never the same. */
export class SetObject {
  private items: Set<unknown>;

  constructor(items: unknown[] = []) {
    this.items = new Set(items);
  }

  add(item: unknown): void {
    this.items.add(item);
  }
  discard(item: unknown): void {
    this.items.delete(item);
  }
  remove(item: unknown): void {
    if (!this.items.delete(item)) throw missing(item);
  }
  pop(): unknown {
    for (const item of this.items) {
      this.items.delete(item);
      return item;
    }
    throw new KeyError('pop from an empty set');
  }
  clear(): void {
    this.items.clear();
  }
  has(item: unknown): boolean {
    return this.items.has(item);
  }
  len(): number {
    return this.items.size;
  }
  copy(): Set<unknown> {
    return new Set(this.items);
  }

  union(...others: unknown[][]): Set<unknown> {
    return new Set([...this.items, ...others.flat()]);
  }
  intersection(...others: unknown[][]): Set<unknown> {
    const sets = others.map((other) => new Set(other));
    return new Set([...this.items].filter((item) => sets.every((set) => set.has(item))));
  }
  difference(...others: unknown[][]): Set<unknown> {
    const without = new Set(others.flat());
    return new Set([...this.items].filter((item) => !without.has(item)));
  }
  symmetric_difference(other: unknown[]): Set<unknown> {
    return new Set([...this.difference(other), ...new SetObject(other).difference([...this.items])]);
  }
  isdisjoint(other: unknown[]): boolean {
    return !other.some((item) => this.items.has(item));
  }
  issubset(other: unknown[]): boolean {
    const set = new Set(other);
    return [...this.items].every((item) => set.has(item));
  }
  issuperset(other: unknown[]): boolean {
    return other.every((item) => this.items.has(item));
  }

  update(...others: unknown[][]): void {
    this.items = this.union(...others);
  }
  intersection_update(...others: unknown[][]): void {
    this.items = this.intersection(...others);
  }
  difference_update(...others: unknown[][]): void {
    this.items = this.difference(...others);
  }
  symmetric_difference_update(other: unknown[]): void {
    this.items = this.symmetric_difference(other);
  }
}

/** Methods that take one item; the others take iterables. */
export const ITEM_METHODS = ['add', 'discard', 'remove', 'has'];
export const SET_METHODS = [
  ...ITEM_METHODS,
  'pop',
  'clear',
  'len',
  'copy',
  'union',
  'intersection',
  'difference',
  'symmetric_difference',
  'isdisjoint',
  'issubset',
  'issuperset',
  'update',
  'intersection_update',
  'difference_update',
  'symmetric_difference_update',
];
