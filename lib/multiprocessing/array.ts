import { proxied } from '../internal/handles';
import type { Lock } from './lock';
import { registerKind } from './memory';
import { type ArrayTypes, newArray, type Typecode } from './raw';
import type { RLock } from './rlock';
import {
  type CharArray,
  fromElement,
  indexError,
  indexKey,
  type Numbers,
  type TextArray,
  toElement,
  type Type,
  typeOf,
} from './typecodes';
import { InMemory, lockArgument, type LockOption, lockOf, synchronizing, type ValueOf } from './value';

/**
 * What `Array` gives: elements by index (`array[i]`), from the end where negative, under the lock; where there
 * is none it throws IndexError. For more than one at a time use {@link slice}, or {@link with} and {@link get_obj}.
 */
export class SynchronizedArray<V = number, A = Numbers> extends synchronizing(InMemory) {
  [index: number]: V;

  /** @internal */
  constructor(type: Type, view: Numbers, lock: Lock | RLock) {
    super(type, view, lock);
    const proxy = new Proxy(this, elements as ProxyHandler<this>);
    proxied.set(proxy, this);
    return proxy;
  }

  /** @internal */
  protected get _kind(): string {
    return 'array';
  }

  /** How many elements there are. */
  get length(): number {
    return this._view.length;
  }

  /** The typed array behind the lock. */
  get_obj(): A {
    return this._view as A;
  }

  /** A copy of some elements, taken under the lock. */
  slice(start?: number, end?: number): V[] {
    return this.with(() => Array.from(this._view.slice(start, end) as Iterable<number>, (each) => this._from(each)));
  }

  /** Sets several elements, from `offset` on, under the lock. */
  set(values: Iterable<V>, offset = 0): void {
    const all = Array.from(values, (value) => toElement('Array', this._type, value));
    if (offset < 0 || offset + all.length > this.length) throw indexError();
    this.with(() => {
      this._view.set(all as never[], offset);
    });
  }

  /** One element; a negative index counts from the end. @throws IndexError where there is none */
  at(index: number): V {
    const i = this._index(index);
    return this.with(() => this._from(this._view[i]));
  }

  /** Of 'c' and 'u': the string up to the first 0. */
  get value(): Uint8Array | string | undefined {
    return this.with(() => (this._view as CharArray | TextArray).value);
  }
  set value(value: Uint8Array | string | undefined) {
    this.with(() => {
      (this._view as CharArray).value = value as Uint8Array;
    });
  }

  /** Of 'c': all bytes. */
  get raw(): Uint8Array | undefined {
    return this.with(() => (this._view as CharArray).raw);
  }
  set raw(bytes: Uint8Array | undefined) {
    this.with(() => {
      (this._view as CharArray).raw = bytes!;
    });
  }

  /** The elements, copied at once. */
  [Symbol.iterator](): IterableIterator<V> {
    return this.slice()[Symbol.iterator]();
  }

  /** @internal */
  _index(index: number): number {
    const i = index < 0 ? index + this.length : index;
    if (!Number.isInteger(i) || i < 0 || i >= this.length) throw indexError();
    return i;
  }

  /** @internal */
  _from(element: number | bigint): V {
    return fromElement(this._type, element) as V;
  }
}

const elements: ProxyHandler<SynchronizedArray> = {
  get(array, key) {
    const index = indexKey(key);
    return index === undefined ? (Reflect.get(array, key, array) as unknown) : array.at(index);
  },
  set(array, key, value) {
    const index = indexKey(key);
    if (index === undefined) return Reflect.set(array, key, value, array);
    array.set([value as number], array._index(index));
    return true;
  },
};

type Made<C extends Typecode> = SynchronizedArray<ValueOf<C>, ArrayTypes[C]>;

/** {@link Array}, which may be called with and without `new`. */
export interface ArrayMaker {
  <C extends Typecode>(
    typecode_or_type: C,
    size_or_initializer: number | string | Iterable<unknown>,
    options: { lock: false },
  ): ArrayTypes[C];
  <C extends Typecode>(
    typecode_or_type: C,
    size_or_initializer: number | string | Iterable<unknown>,
    options?: LockOption,
  ): Made<C>;
  new <C extends Typecode>(
    typecode_or_type: C,
    size_or_initializer: number | string | Iterable<unknown>,
    options: { lock: false },
  ): ArrayTypes[C];
  new <C extends Typecode>(
    typecode_or_type: C,
    size_or_initializer: number | string | Iterable<unknown>,
    options?: LockOption,
  ): Made<C>;
}

/**
 * An array in memory that all processes share, with a lock around it.
 *
 * @param size_or_initializer - how many elements, all 0; or the elements
 * @param options - `{ lock }`; without one it is a `RawArray`
 * @throws RangeError where there is no memory
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Array
 */
const SharedArray = function Array(typecode_or_type: Typecode, size_or_initializer: unknown, options?: LockOption): unknown {
  const lock = lockArgument('Array', options);
  const [type, view] = newArray('Array', typecode_or_type, size_or_initializer);
  return lock ? new SynchronizedArray(type, view, lock) : view;
} as ArrayMaker;

export { SharedArray as Array };

registerKind('array', (memory, [, code, lock, length]) => {
  const type = typeOf(code as string);
  return new SynchronizedArray(type, new type.Class(memory!.buffer, 0, length as number), lockOf(lock)!);
});
