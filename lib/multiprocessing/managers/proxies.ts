/** What users have of a manager's objects: each use is a call to the manager's process. */
import { inspect } from 'node:util';
import { IndexError } from '../../internal/errors';
import { proxied } from '../../internal/handles';
import { adapt } from './arguments';
import { call, callAsync, type Managed, proxiesBy } from './calls';
import { SET_METHODS } from './set_object';

/** What JavaScript itself asks any object for: not an item. */
const ASKED_BY_LANGUAGE = new Set([
  'then',
  'constructor',
  'prototype',
  'asymmetricMatch',
  '$$typeof',
  'nodeType',
  'tagName',
  '@@__IMMUTABLE_ITERABLE__@@',
  '@@__IMMUTABLE_RECORD__@@',
]);

type Method = (...args: unknown[]) => unknown;

/** What all proxies have. */
class Base {
  constructor(readonly managed: Managed) {
    // `util.inspect` asks no traps, and calls it on the proxy.
    Object.defineProperty(this, Symbol.for('nodejs.util.inspect.custom'), {
      value: () => `<${managed.kind} proxy, object ${managed.object}>`,
      configurable: true,
    });
  }

  /**
   * Calls a method of the object.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.managers.BaseProxy._callmethod
   */
  _callmethod(method: string, args: unknown[] = []): unknown {
    return call(this.managed, method, args);
  }
  /** {@link _callmethod} without blocking the event loop. */
  _callmethod_async(method: string, args: unknown[] = []): Promise<unknown> {
    return callAsync(this.managed, method, args);
  }
  /** A copy of the object. */
  _getvalue(): unknown {
    return call(this.managed, 'copy', []);
  }
}

interface Rules {
  /** Methods that are the object's, under their own names; each has a twin with `_async`. */
  methods: readonly string[];
  get?(managed: Managed, key: string): unknown;
  set?(managed: Managed, key: string, value: unknown): void;
  delete?: ((managed: Managed, key: string) => void) | undefined;
  has?(managed: Managed, key: string): boolean;
  keys?(managed: Managed): string[];
  iterate?(managed: Managed): Iterator<unknown>;
  /** What `JSON.stringify` takes in place of the proxy. */
  json?(managed: Managed): unknown;
  /** The object as text; by default what `copy` gives, inspected. */
  text?(managed: Managed): string;
  length?: string;
}

const LIST: Rules = {
  methods: [
    'append',
    'push',
    'extend',
    'insert',
    'pop',
    'remove',
    'index',
    'count',
    'includes',
    'reverse',
    'sort',
    'clear',
    'copy',
    'slice',
    'len',
    'getitem',
    'setitem',
    'delitem',
  ],
  get: (managed, key) => call(managed, 'getitem', [indexOf(key)]),
  set: (managed, key, value) => void call(managed, 'setitem', [indexOf(key), value]),
  delete: (managed, key) => void call(managed, 'delitem', [indexOf(key)]),
  iterate: (managed) => (call(managed, 'copy', []) as unknown[])[Symbol.iterator](),
  json: (managed) => call(managed, 'copy', []),
  length: 'length',
};

function indexOf(key: string): number {
  const index = Number(key);
  if (!Number.isInteger(index)) throw new IndexError(`list indices must be integers, not '${key}'`);
  return index;
}

const RULES: Record<string, Rules> = {
  dict: {
    methods: [
      'get',
      'set',
      'delete',
      'has',
      'keys',
      'values',
      'items',
      'len',
      'pop',
      'popitem',
      'setdefault',
      'update',
      'clear',
      'copy',
      'getitem',
    ],
    get: (managed, key) => call(managed, 'getitem', [key]),
    set: (managed, key, value) => void call(managed, 'set', [key, value]),
    delete: (managed, key) => void call(managed, 'delete', [key]),
    has: (managed, key) => call(managed, 'has', [key]) as boolean,
    keys: (managed) => (call(managed, 'keys', []) as unknown[]).filter((key) => typeof key === 'string'),
    iterate: (managed) => (call(managed, 'keys', []) as unknown[])[Symbol.iterator](),
    length: 'size',
  },
  list: LIST,
  set: {
    methods: SET_METHODS,
    get: () => undefined,
    iterate: (managed) => (call(managed, 'copy', []) as Set<unknown>)[Symbol.iterator](),
    length: 'size',
  },
  Array: { ...LIST, delete: undefined, methods: ['index', 'count', 'includes', 'copy', 'slice', 'len', 'getitem', 'setitem'] },
  Namespace: {
    methods: [],
    get: (managed, key) => call(managed, 'getattr', [key]),
    set: (managed, key, value) => void call(managed, 'setattr', [key, value]),
    delete: (managed, key) => void call(managed, 'delattr', [key]),
    has: (managed, key) => call(managed, 'hasattr', [key]) as boolean,
    keys: (managed) => call(managed, 'names', []) as string[],
  },
  Value: {
    methods: ['get', 'set'],
    get: (managed, key) => (key === 'value' ? call(managed, 'get', []) : undefined),
    set: (managed, key, value) => {
      if (key === 'value') call(managed, 'set', [value]);
    },
    json: (managed) => ({ value: call(managed, 'get', []) }),
    text: (managed) => inspect(call(managed, 'get', [])),
  },
};

/** An object of a class that a program registered: whatever is asked for is a method. */
const REGISTERED: Rules = {
  methods: [],
  get: (managed, key) =>
    key.endsWith('_async')
      ? (...args: unknown[]) => callAsync(managed, key.slice(0, -6), args)
      : (...args: unknown[]) => call(managed, key, args),
  text: (managed) => String(call(managed, 'toString', [])),
};

function methodsOf(managed: Managed, rules: Rules): Map<string, Method> {
  const { kind } = managed;
  const methods = new Map<string, Method>();
  for (const name of rules.methods) {
    methods.set(name, (...args) => call(managed, name, adapt(kind, name, args)));
    // Async, so that wrong arguments reject.
    methods.set(`${name}_async`, async (...args) => callAsync(managed, name, adapt(kind, name, args)));
  }
  return methods;
}

/** The object as text. As in Python, that of the proxy itself where the object gives none, for one because it is gone. */
function textOf(managed: Managed, rules: Rules, base: Base): string {
  try {
    return rules.text?.(managed) ?? inspect(call(managed, 'copy', []));
  } catch {
    return inspect(base);
  }
}

/** What users get for an object of a manager's. */
export function makeProxy(managed: Managed): object {
  const rules = RULES[managed.kind] ?? REGISTERED;
  const methods = methodsOf(managed, rules);
  const base = new Base(managed);
  const proxy = new Proxy(base, {
    get(target, key) {
      if (key === Symbol.iterator) return rules.iterate && (() => rules.iterate!(managed));
      if (key === Symbol.toStringTag) return `${managed.kind}Proxy`;
      if (key === Symbol.toPrimitive || (key === 'toString' && rules !== REGISTERED)) return () => textOf(managed, rules, base);
      if (typeof key === 'symbol') return undefined;
      if (key === '_callmethod' || key === '_callmethod_async' || key === '_getvalue') {
        return (target[key] as Method).bind(target);
      }
      if (key === 'toJSON') return rules.json && (() => rules.json!(managed));
      if (key === rules.length) return call(managed, 'len', []);
      const method = methods.get(key);
      if (method || ASKED_BY_LANGUAGE.has(key)) return method;
      return rules.get?.(managed, key);
    },
    set(_target, key, value) {
      if (typeof key === 'symbol' || !rules.set) return false;
      rules.set(managed, key, value);
      return true;
    },
    deleteProperty(_target, key) {
      if (typeof key === 'symbol' || !rules.delete) return false;
      rules.delete(managed, key);
      return true;
    },
    has: (_target, key) => typeof key === 'string' && (rules.has?.(managed, key) ?? methods.has(key)),
    ownKeys: () => rules.keys?.(managed) ?? [],
    getOwnPropertyDescriptor(_target, key) {
      if (typeof key === 'symbol' || !rules.keys || !rules.has?.(managed, key)) return undefined;
      return { value: rules.get!(managed, key), writable: true, enumerable: true, configurable: true };
    },
  });
  proxied.set(proxy, managed);
  return proxy;
}

proxiesBy(makeProxy);
