import { callerArguments } from '../internal/caller_arguments';
import { describeClass } from '../internal/callables';
import type { AnyFunction } from '../internal/callables/reference';
import { RuntimeError, typeError } from '../internal/errors';
import {
  type Attached,
  CellClass,
  fromHandle,
  type Handle,
  Primitive,
  proxied,
  registerClass,
  share,
  type Shared,
} from '../internal/handles';
import { type CellId, native } from '../internal/native';
import { refText, resolveText } from '../internal/worker/message';
import { running } from '../internal/worker/state';

/** What a `local` of a subclass takes with it. */
interface Extra {
  /** The class, as {@link refText}. */
  class: string;
  /** In a handle. In a message they come behind it, as they may refer to the local. */
  args?: unknown[];
}

type Attributes = Record<PropertyKey, unknown>;
type Constructor = new (...args: unknown[]) => local;

/** What is behind a `local`: who it is, across threads, and how to begin it in another one. */
class LocalState extends Primitive {
  proxy!: local;
  Class: Constructor;
  args: unknown[];
  /** A class that this thread has not looked up yet. */
  pending: string | undefined;

  constructor(Class: Constructor, args: unknown[], attached?: Attached) {
    super(CellClass.Local, 'local', attached);
    this.Class = Class;
    this.args = args;
    this.pending = (attached?.extra as Extra | undefined)?.class;
  }

  get _class(): number {
    return CellClass.Local;
  }

  override _promote(): CellId {
    if (this._cell !== 0) return this._cell;
    const attributes = ofInstance.get(this);
    super._promote();
    instances.set(keyOf(this._cell), new WeakRef(this.proxy));
    if (attributes) remember(this, attributes);
    return this._cell;
  }

  protected override _extra(): Extra | undefined {
    if (this.pending !== undefined) return { class: this.pending };
    if (this.Class === (local as unknown)) return undefined;
    return { class: refText(describeClass(this.Class, `the class of this local`)!) };
  }

  protected override _handleExtra(): Extra | undefined {
    const extra = this._extra();
    return extra && { ...extra, args: this.args };
  }

  override [share](): Shared {
    const shared = super[share]();
    return shared.extra === undefined ? shared : { ...shared, state: this.args };
  }

  /** The class, which a message only names. */
  load(): Constructor {
    if (this.pending === undefined) return this.Class;
    const found = resolveText(this.pending);
    if (typeof found !== 'function') {
      throw new RuntimeError('the class of this local is in an ES module that this thread has not imported yet: import it first');
    }
    this.Class = found as unknown as Constructor;
    this.pending = undefined;
    return this.Class;
  }
}

/** This thread's attributes: of locals that have never left this isolate, by object; of others, by cell. */
let ofInstance = new WeakMap<LocalState, Attributes>();
const ofCell = new Map<number, { cell: CellId; attributes: Attributes }>();
/** A local that comes back is the object that is here already. */
const instances = new Map<number, WeakRef<local>>();
let sweepAt = 256;

/** Cells are used again, pairs of cell and generation hardly. */
function keyOf(cell: CellId): number {
  return cell + (native.generation(cell) % 2 ** 20) * 2 ** 32;
}

// A worker's next thread has attributes of its own.
running.atEnd.push(() => {
  ofInstance = new WeakMap();
  if (ofCell.size > 0) ofCell.clear();
});

function remember(state: LocalState, attributes: Attributes): void {
  if (state._cell === 0) {
    ofInstance.set(state, attributes);
    return;
  }
  ofCell.set(keyOf(state._cell), { cell: state._cell, attributes });
  if (ofCell.size + instances.size >= sweepAt) sweep();
}

/** Lets go of what belongs to locals that no thread has any more. */
function sweep(): void {
  for (const [key, { cell }] of ofCell) if (keyOf(cell) !== key) ofCell.delete(key);
  for (const [key, reference] of instances) if (reference.deref() === undefined) instances.delete(key);
  sweepAt = Math.max(256, 2 * (ofCell.size + instances.size));
}

/** What the constructor of the base class gives while a subclass's runs for another thread. */
let beginning: { Class: Constructor; proxy: local } | undefined;

/** This thread's attributes, where it has had any access. */
function knownAttributes(state: LocalState): Attributes | undefined {
  return state._cell === 0 ? ofInstance.get(state) : ofCell.get(keyOf(state._cell))?.attributes;
}

/** This thread's attributes; at first access the constructor of a subclass runs. */
function attributesOf(state: LocalState): Attributes {
  const known = knownAttributes(state);
  if (known) return known;
  const Class = state.load();
  const attributes = begin(state, Class);
  if (Class === (local as unknown)) return attributes;
  const outer = beginning;
  beginning = { Class, proxy: state.proxy };
  try {
    Reflect.construct(Class, state.args);
  } catch (error) {
    if (state._cell === 0) ofInstance.delete(state);
    else ofCell.delete(keyOf(state._cell));
    throw error;
  } finally {
    beginning = outer;
  }
  return attributes;
}

function begin(state: LocalState, Class: AnyFunction): Attributes {
  const attributes = Object.create(Class.prototype as object) as Attributes;
  remember(state, attributes);
  return attributes;
}

const stateOf = (target: object): LocalState => (target as { state: LocalState }).state;

/** Every access goes to the attributes of the thread that makes it. */
const handler: ProxyHandler<object> = {
  get: (target, key, receiver) => Reflect.get<Attributes, PropertyKey>(attributesOf(stateOf(target)), key, receiver),
  // By definition, not assignment: an attribute is an own property whatever the receiver.
  set(target, key, value, receiver) {
    const attributes = attributesOf(stateOf(target));
    const setter = Object.hasOwn(attributes, key) ? undefined : setterOf(attributes, key);
    if (setter) setter.call(receiver, value);
    else attributes[key] = value as unknown;
    return true;
  },
  has: (target, key) => Reflect.has(attributesOf(stateOf(target)), key),
  deleteProperty: (target, key) => Reflect.deleteProperty(attributesOf(stateOf(target)), key),
  ownKeys: (target) => Reflect.ownKeys(attributesOf(stateOf(target))),
  // The target has no such property, so it may not be said to be fixed.
  defineProperty: (target, key, property) =>
    Reflect.defineProperty(attributesOf(stateOf(target)), key, { ...property, configurable: true }),
  getOwnPropertyDescriptor: (target, key) => Reflect.getOwnPropertyDescriptor(attributesOf(stateOf(target)), key),
  getPrototypeOf: (target) => stateOf(target).load().prototype as object,
  setPrototypeOf: () => false,
  preventExtensions: () => false,
};

function setterOf(object: object, key: PropertyKey): ((value: unknown) => void) | undefined {
  for (let at: object | null = object; at !== null; at = Object.getPrototypeOf(at) as object | null) {
    const property = Object.getOwnPropertyDescriptor(at, key);
    // eslint-disable-next-line @typescript-eslint/unbound-method -- called with the receiver
    if (property) return property.set;
  }
  return undefined;
}

/** A proxy's target: a class whose fields hide the state from it, since every trap is set. */
class Target {
  constructor(readonly state: LocalState) {}

  /** Node looks for it here rather than through the traps. Who only looks runs no constructor. */
  [Symbol.for('nodejs.util.inspect.custom')](this: local): object {
    const state = proxied.get(this) as LocalState;
    const Class = state.pending === undefined ? state.Class : local;
    return knownAttributes(state) ?? (Object.create(Class.prototype as object) as object);
  }
}

function proxyOf(state: LocalState): local {
  state.proxy = new Proxy(new Target(state), handler) as unknown as local;
  proxied.set(state.proxy, state);
  return state.proxy;
}

/**
 * An object whose attributes are each thread's own, also where many threads were given the same one.
 * An attribute that this thread has not set is `undefined`.
 *
 * The constructor of a subclass runs once in each thread, at the first access there, with the same
 * arguments: best passed on with `super(...args)`, since reading them otherwise costs some
 * milliseconds. To be sent to other threads a subclass has to be exported from a module.
 *
 * @see https://docs.python.org/3/library/threading.html#thread-local-data
 */
export class local {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- as Python's: an attribute holds anything
  [attribute: string]: any;

  /** @throws TypeError where arguments are given to what is no subclass: nothing takes them there */
  constructor(...args: unknown[]) {
    // That constructor may make other locals before it calls this one.
    if (beginning !== undefined && (new.target as unknown) === beginning.Class) {
      const { proxy } = beginning;
      beginning = undefined;
      return proxy;
    }
    const Class = new.target as unknown as Constructor;
    if (Class === local && args.length > 0) throw typeError('local(): initialization arguments are not supported');
    const given = args.length === 0 && Class.length > 0 ? (callerArguments(Class) ?? args) : args;
    const state = new LocalState(Class, given);
    const proxy = proxyOf(state);
    begin(state, Class);
    return proxy;
  }

  /**
   * The local of a handle.
   *
   * @throws ValueError where that local is gone, or the handle is not one of a local
   */
  static from(handle: unknown): local {
    return fromHandle(handle, 'local') as local;
  }

  /** A small value that `postMessage` can carry; `from_handle` makes the object of it again. */
  get handle(): Handle {
    return (proxied.get(this) as LocalState).handle;
  }
}

registerClass(CellClass.Local, 'local', local, (attached) => {
  const key = keyOf(attached.cell);
  const known = instances.get(key)?.deref();
  if (known) {
    native.detach(attached.cell);
    return known;
  }
  const extra = attached.extra as Extra | undefined;
  const state = new LocalState(local, extra?.args ?? [], attached);
  attached.receive = (args) => {
    state.args = args as unknown[];
  };
  const proxy = proxyOf(state);
  instances.set(key, new WeakRef(proxy));
  return proxy;
});
