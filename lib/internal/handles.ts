/**
 * How objects in shared memory cross threads: as the number of their cell, with a reference that
 * keeps the cell alive on the way.
 *
 * A primitive begins its life in memory of its own isolate and moves to shared memory when it first
 * has to be seen elsewhere or to block ({@link Primitive._promote}). One that never leaves its thread
 * costs no more than an object, and the collector takes it.
 */
import { CELL_WORDS, CELLS_PER_CHUNK, CellClass, DIED } from './cell';
import { describe, nameArgument } from './arguments';
import type { AnyFunction } from './callables/reference';
import { loadHome } from './class_homes';
import './environment';
import { ValueError } from './errors';
import { instanceMessage, makeInstance, noteClass, ownFields, subclasses, subclassText } from './library_classes';
import { type CellId, native, SHARED_ARENA, SHARED_CLASS } from './native';
import { textOf } from './text';

/** The method by which an object takes part in messages between threads. */
export const share: unique symbol = Symbol.for('nogil.share') as never;

/** What a message carries of a shared object; it owns one reference to the cell. */
export interface Shared {
  classId: number;
  cell: CellId;
  /** What the class needs at the other end beside the cell, before there is an object; may not refer to that. */
  extra?: unknown;
  /** A value that may, for {@link Attached.receive}. */
  state?: unknown;
  /** In place of `state`: values that may, each of which is left out where it can not be cloned. */
  fields?: Record<string, unknown> | undefined;
  /** Of an instance of a program's own subclass: that class, as `refText`. */
  subclass?: string | undefined;
}

/** What can be sent to another thread as what it is: primitives, queues, futures, executors. */
export interface Shareable {
  /** @hidden */
  [share](): Shared;
}

/** A structured-cloneable stand-in for a primitive or queue, for code that uses `worker_threads` directly. */
export interface Handle {
  readonly nogil: string;
  readonly cell: number;
  readonly generation: number;
  readonly extra?: unknown;
  /** Of an instance of a program's own subclass. */
  readonly subclass?: { readonly class: string; readonly fields: Record<string, unknown> };
}

/** Options that every primitive takes. */
export interface NameOptions {
  /** The same name is the same object in every thread of the process. */
  name?: string | undefined;
}

/** Given to a constructor in place of options: the cell exists, and the reference to it is ours. */
export class Attached {
  /** Takes the `state` or `fields` of {@link Shared}; set by the class where it has a use for them. */
  receive: ((state: unknown) => void) | undefined;

  constructor(
    readonly cell: CellId,
    readonly extra?: unknown,
    /** That of {@link Shared}; cleared by a class that has an object of the cell already. */
    public subclass?: string,
  ) {}
}

/** Objects of this library that are proxies, by what is behind them. */
export const proxied = new WeakMap<object, Shareable>();

/** Memory that processes share, by the ArrayBuffer over it: it is sent as what it is, and not copied. */
export const sharedMemory = new WeakMap<ArrayBufferLike, Shareable & { dress(view: ArrayBufferView): void }>();

interface SharedClass {
  name: string;
  id: number;
  make(attached: Attached): object;
}

type Constructor = new (attached: never) => object;

const byId = new Map<number, SharedClass>();
const byName = new Map<string, SharedClass>();
function classOf<K extends number | string>(known: Map<K, SharedClass>, key: K): SharedClass | undefined {
  if (!known.has(key)) loadHome(key);
  return known.get(key);
}

/** What messages call the class of a cell, where nothing else is said. */
function classNumber(cellClass: number, shared: boolean): number {
  return shared ? cellClass + SHARED_CLASS : cellClass;
}

/**
 * Makes a class known to {@link revive} and {@link from_handle}, by {@link Primitive._number}.
 *
 * @param make - where there is more to it than to call the constructor
 */
export function registerClass(
  id: number,
  name: string,
  Class: Constructor,
  make: (attached: Attached) => object = (attached) => new Class(attached as never),
): void {
  const entry = { id, name, make };
  byId.set(id, entry);
  byName.set(name, entry);
  noteClass(Class);
}

/** At the receiving end of a message: takes over its reference. */
export function revive(classId: number, attached: Attached): object {
  const entry = classOf(byId, classId);
  if (!entry) throw new ValueError(`a message holds an object of unknown class ${classId}`);
  // Looked up first: where that fails the reference is still the message's.
  const Class = attached.subclass === undefined ? undefined : subclasses().classOf(attached.subclass);
  native.adopt(attached.cell);
  return make(entry, attached, Class);
}

function make(entry: SharedClass, attached: Attached, Class: AnyFunction | Promise<AnyFunction> | undefined): object {
  const object = entry.make(attached);
  if (Class !== undefined && attached.subclass !== undefined) attached.receive = makeInstance(object, Class);
  return object;
}

/** Gives back the reference of a message that nobody will read. */
export function discard(cell: CellId): void {
  native.unpin(cell);
}

/** The object of a cell that another cell refers to. */
export function attachCell(cell: CellId): object {
  const words = wordsOf(cell);
  // Words 12 and 13 are the tag: references, then class in the low byte.
  const classId = words[firstWord(cell) + 13] & 0xff;
  native.pin(cell);
  return revive(classNumber(classId, cell >= SHARED_ARENA), new Attached(cell));
}

/**
 * The object that a handle stands for.
 *
 * @throws ValueError where its object is gone, or the handle forged
 */
export function from_handle(handle: unknown): object {
  return fromHandle(handle, undefined);
}

/** {@link from_handle} for `Class.from`: a handle of another class is a `ValueError`. */
export function fromHandle(handle: unknown, expected: string | undefined, from = 'from_handle'): object {
  const call = expected === undefined ? from : `${expected}.from`;
  if (typeof handle !== 'object' || handle === null) {
    throw new ValueError(`${call}(): a handle is an object, not ${describe(handle)}`);
  }
  const { nogil, cell, generation, extra, subclass } = handle as Partial<Handle>;
  const entry = typeof nogil === 'string' ? classOf(byName, nogil) : undefined;
  if (!entry || !isUint32(cell) || !isUint32(generation)) throw new ValueError(`${call}(): this is not a handle of this library`);
  if (expected !== undefined && nogil !== expected) throw new ValueError(`${call}(): this is a handle of a ${nogil}`);
  const Class = subclass === undefined ? undefined : subclasses().classOfHandle(subclass);
  const ours = entry.id >= SHARED_CLASS === cell >= SHARED_ARENA;
  if (!ours || !native.attach(cell, generation, entry.id % SHARED_CLASS)) {
    throw new ValueError(`${call}(): the ${nogil} of this handle is gone, or the handle is forged`);
  }
  const attached = new Attached(cell, extra, subclass?.class);
  const object = make(entry, attached, Class);
  if (attached.subclass !== undefined && typeof Class === 'function' && Object.getPrototypeOf(object) !== Class.prototype) {
    throw new ValueError(`${call}(): this is a handle of a ${nogil}, and not of a ${Class.name}`);
  }
  if (subclass !== undefined) attached.receive?.(subclass.fields);
  return object;
}

function isUint32(value: unknown): value is number {
  return typeof value === 'number' && value >>> 0 === value;
}

const references = new FinalizationRegistry<CellId>((cell) => native.detach(cell));

const views = new Map<number, Int32Array>();

/** The memory that holds a cell; its first word there is {@link firstWord}. */
export function wordsOf(cell: CellId): Int32Array {
  const chunk = Math.floor(cell / CELLS_PER_CHUNK);
  let view = views.get(chunk);
  if (!view) {
    view = new Int32Array(native.view(cell));
    views.set(chunk, view);
  }
  return view;
}

export function firstWord(cell: CellId): number {
  return (cell % CELLS_PER_CHUNK) * CELL_WORDS;
}

/** Those for all processes that are in this isolate's memory still. */
let locals: WeakRef<Primitive>[] = [];
let sweepAt = 256;

function stillLocal(reference: WeakRef<Primitive>): boolean {
  return reference.deref()?._cell === 0;
}

function rememberLocal(primitive: Primitive): void {
  if (locals.length >= sweepAt) {
    locals = locals.filter(stillLocal);
    sweepAt = Math.max(256, 2 * locals.length);
  }
  locals.push(new WeakRef(primitive));
}

/** Before a fork: what is for all processes must not become two things. */
export function promoteShared(): void {
  for (const reference of locals.filter(stillLocal)) reference.deref()?._promote();
  locals = [];
}

const INTERNAL = ['_w', '_i', '_cell'];
const OF_EVERY = internalFields();

/** For {@link Primitive._internal}: the fields of every primitive, and those that are named. */
export function internalFields(...names: string[]): ReadonlySet<string> {
  return new Set([...INTERNAL, ...names]);
}

/** What all primitives and queues are: a cell, local at first. */
export abstract class Primitive implements Shareable {
  /** @internal Memory that holds the cell. */
  _w: Int32Array;
  /** @internal The cell's first word in it. */
  _i: number;
  /** @internal 0 while local. */
  _cell: CellId;

  /** @internal */
  constructor(
    cellClass: number,
    method: string,
    options: NameOptions | Attached | undefined,
    init?: (words: Int32Array) => void,
  ) {
    this._i = 0;
    this._cell = 0;
    if (options instanceof Attached) {
      this._w = wordsOf(options.cell);
      this._settle(options.cell);
      return;
    }
    this._w = new Int32Array(CELL_WORDS);
    init?.(this._w);
    const name = options === undefined ? undefined : nameArgument(method, options);
    if (name !== undefined) this._join(cellClass, method, name);
    else if (this._shared) rememberLocal(this);
  }

  /** @internal The number of the class in handles. */
  abstract get _class(): number;

  /** @internal Whether its cell is for all processes of the tree. */
  get _shared(): boolean {
    return false;
  }

  /** @internal What messages call its class. */
  get _number(): number {
    return classNumber(this._class, this._shared);
  }

  /** @internal Moves to shared memory. Only its own thread has seen it so far, so nothing can happen in between. */
  _promote(): CellId {
    if (this._cell === 0) this._settle(this._allocate(this._class));
    return this._cell;
  }

  private _settle(cell: CellId): void {
    this._w = wordsOf(cell);
    this._i = firstWord(cell);
    this._cell = cell;
    this._keep(cell);
  }

  /** @internal Has the reference to `cell` given back when the collector has taken this object. */
  protected _keep(cell: CellId): void {
    references.register(this, cell, this);
  }

  /** @internal Back to memory of its own, with the words of now: for what nothing can change any more. */
  protected _unsettle(): void {
    const cell = this._cell;
    this._w = this._w.slice(this._i, this._i + CELL_WORDS);
    this._i = 0;
    this._cell = 0;
    references.unregister(this);
    native.detach(cell);
  }

  /** @internal Becomes the object of that name, made now where there is none. */
  protected _join(cellClass: number, method: string, name: string): void {
    const named = this._number;
    let cell = native.named(name, named);
    if (cell === 0) {
      const mine = this._allocate(cellClass);
      cell = native.named(name, named, mine);
      if (cell === 0) cell = mine;
      else native.detach(mine);
    }
    if (cell < 0) throw new ValueError(`${method}(): the name '${name}' belongs to an object of another class`);
    this._settle(cell);
  }

  /** @internal A cell with this primitive's words; what it refers to is in shared memory by then. */
  protected _allocate(cellClass: number): CellId {
    return native.allocate(cellClass, this._w, this._shared);
  }

  /** The name that it was made with. */
  get name(): string | undefined {
    return this._cell === 0 ? undefined : native.getName(this._cell);
  }

  /** A small value that `postMessage` can carry; `from_handle` makes the object of it again. Holds no reference. */
  get handle(): Handle {
    // These run code of the program's, which may do anything to this object, and so come first.
    const extra = this._handleExtra();
    const text = this._subclass();
    const subclass = text === undefined ? undefined : instanceMessage(this, text, this._internal);
    const cell = this._promote();
    const nogil = byId.get(this._number)?.name ?? this.constructor.name;
    const handle: Handle = { nogil, cell, generation: native.generation(cell) };
    if (extra === undefined && subclass === undefined) return handle;
    return { ...handle, ...(extra === undefined ? {} : { extra }), ...(subclass && { subclass }) };
  }

  /** The text that `console.log` shows. */
  toString(): string {
    return textOf(this);
  }

  /** For `JSON.stringify`, which can not carry what this is: the text that `console.log` shows. */
  toJSON(): string {
    return textOf(this);
  }

  /** @internal What the class needs at the other end beside the cell. */
  protected _extra(): unknown {
    return undefined;
  }

  /** @internal The class of an instance of a program's own subclass; see {@link subclassText}. */
  protected _subclass(): string | undefined {
    return subclassText(this);
  }

  /** @internal Fields that every instance has: what others have are a subclass's. */
  protected get _internal(): ReadonlySet<string> {
    return OF_EVERY;
  }

  /** @internal The same for a handle, which has all that in one. */
  protected _handleExtra(): unknown {
    return this._extra();
  }

  /** @hidden */
  [share](): Shared {
    // These run code of the program's, which may throw, or do anything to this object: before there is a reference.
    const extra = this._extra();
    const subclass = this._subclass();
    const fields = subclass === undefined ? undefined : ownFields(this, this._internal);
    const cell = this._promote();
    native.pin(cell);
    return { classId: this._number, cell, extra, subclass, fields };
  }
}

let forward: ((message: string, code: string) => void) | undefined;

/** Says how warnings get to the listeners of the main thread as well. */
export function forwardWarnings(to: (message: string, code: string) => void): void {
  forward = to;
}

/** Emits the process warning that a lock passed on from a holder that died: here, and on the main thread. */
export function warnOwnerDied(primitive: Primitive, className: string): void {
  const died = primitive._w[primitive._i + DIED] >>> 0;
  const name = primitive.name;
  const thread = native.obituary(died);
  const pid = native.processOfThread(died);
  const code = 'NOGIL_OWNER_DIED';
  const message =
    `${className}${name === undefined ? ` #${primitive._cell}` : ` '${name}'`} passed on: its owner, thread ` +
    `${thread ? `'${thread}' ` : ''}(ident ${died})${pid === 0 || pid === process.pid ? '' : ` of process ${pid}`}, ended without releasing it`;
  process.emitWarning(message, { type: 'Warning', code });
  forward?.(message, code);
}

export { CellClass };
