/** The process of a manager: keeps its objects and answers calls, one after the other. */
import type { AnyFunction } from '../../internal/callables/reference';
import { AttributeError, RuntimeError } from '../../internal/errors';
import { Attached, proxied } from '../../internal/handles';
import { type CellId, native } from '../../internal/native';
import { isPromiseLike } from '../../internal/promises';
import { resolveFirst } from '../../internal/worker/message';
import { takeAsync } from '../../queue/async';
import { NOTHING, SHUT_DOWN, take } from '../../queue/items';
import { SimpleQueue } from '../../queue/simple_queue';
import { Managed, type Request } from './calls';
import { ArrayObject, DictObject, ListObject, NamespaceObject, ValueObject } from './objects';
import { isClass } from './base_manager';
import { SetObject } from './set_object';
import { makeProxy } from './proxies';

/** What a registered type is made by, as `refText`, and which of its methods may be called. */
export interface Registered {
  callable: string;
  exposed: string[] | undefined;
}

/** The queue of requests, as this side uses it. */
class Requests extends SimpleQueue {
  override get _shared(): boolean {
    return true;
  }
}

interface Kept {
  object: object;
  exposed: readonly string[] | undefined;
}

type Maker = (...args: never[]) => object;
const BUILT_IN: Record<string, Maker> = {
  dict: (entries: [unknown, unknown][]) => new DictObject(entries),
  list: (items: unknown[]) => new ListObject(items),
  set: (items: unknown[]) => new SetObject(items),
  Namespace: (attributes: [string, unknown][]) => new NamespaceObject(attributes),
  Value: (typecode: string, value: unknown) => new ValueObject(typecode, value),
  Array: (typecode: string, items: unknown[]) => new ArrayObject(typecode, items),
};

class Server {
  private readonly kept = new Map<number, Kept>();
  private last = 0;

  constructor(
    private readonly queue: CellId,
    private readonly registry: Record<string, Registered>,
  ) {}

  async run(): Promise<void> {
    native.pin(this.queue);
    native.adopt(this.queue);
    const requests = new Requests(new Attached(this.queue) as never);
    for (;;) {
      let { item } = await takeAsync(requests, -1, undefined);
      // The event loop turns only when there is nothing to do: promises of objects' methods settle then.
      for (; item !== NOTHING; item = take(this.queue, 0)) {
        if (item === SHUT_DOWN) return;
        if (typeof item === 'number') this.kept.delete(item);
        else if (!this.serve(item as Request)) {
          requests.shutdown(true);
          return;
        }
      }
    }
  }

  /** @returns false where that was the last request */
  private serve([object, method, args, answer]: Request): boolean {
    if (object === 0 && method === 'shutdown') {
      answer.set_result(undefined);
      return false;
    }
    try {
      const result = object === 0 ? this.create(args) : this.invoke(object, method, args);
      if (isPending(result)) {
        result.then(
          (value) => this.reply(answer, value),
          (error: unknown) => answer.set_exception(error),
        );
      } else {
        this.reply(answer, result);
      }
    } catch (error) {
      answer.set_exception(error);
    }
    return true;
  }

  private reply(answer: Request[3], value: unknown): void {
    try {
      answer.set_result(value);
    } catch (error) {
      answer.set_exception(error);
    }
    // A reference of its own would keep a new object until the collector comes here.
    if (value instanceof Object) (proxied.get(value) as Managed | undefined)?.letGo();
  }

  /** A new object: its proxy. */
  private create(args: unknown[]): unknown {
    const [kind, ...rest] = args as [string, ...unknown[]];
    const registered = Object.hasOwn(this.registry, kind) ? this.registry[kind] : undefined;
    if (!registered && !Object.hasOwn(BUILT_IN, kind)) throw new AttributeError(`no type '${kind}' is registered`);
    if (!registered) return this.keep(kind, Reflect.apply(BUILT_IN[kind], undefined, rest) as object, undefined);
    const made = resolveFirst(registered.callable);
    const make = (callable: AnyFunction): unknown => {
      const result: unknown = isClass(callable) ? Reflect.construct(callable, rest) : Reflect.apply(callable, undefined, rest);
      const keep = (object: unknown): object => this.keep(kind, object as object, registered.exposed);
      return isPending(result) ? result.then(keep) : keep(result);
    };
    return typeof made === 'function' ? make(made) : made.then(make);
  }

  private keep(kind: string, object: object, exposed: readonly string[] | undefined): object {
    const number = ++this.last;
    this.kept.set(number, { object, exposed });
    const cell = native.managedCreate(this.queue, number, process.pid);
    return makeProxy(new Managed(new Attached(cell, kind)));
  }

  private invoke(number: number, method: string, args: unknown[]): unknown {
    const found = this.kept.get(number);
    if (!found) throw new RuntimeError(`the manager has no object ${number}`);
    const { object, exposed } = found;
    const fn = (object as Record<string, unknown>)[method];
    const allowed = exposed ? exposed.includes(method) : !method.startsWith('_') && method !== 'constructor';
    if (typeof fn !== 'function' || !allowed) throw new AttributeError(`the object has no method '${method}'`);
    return Reflect.apply(fn, object, args);
  }
}

/** A proxy is none, whatever it answers when it is asked for `then`. */
function isPending(value: unknown): value is PromiseLike<unknown> {
  return !(typeof value === 'object' && value !== null && proxied.has(value)) && isPromiseLike(value);
}

/** The target of a manager's process. */
export async function serve(
  self: Managed,
  registry: Record<string, Registered>,
  initializer: string | undefined,
  initargs: unknown[],
): Promise<void> {
  if (initializer !== undefined) await Reflect.apply(await resolveFirst(initializer), undefined, initargs);
  await new Server(self.queue, registry).run();
}
