import path from 'node:path';
import { type AsyncOptions, functionArgument, keywords, stringArgument, waitTimeout } from '../../internal/arguments';
import { describeClass, describeTarget, importable } from '../../internal/callables';
import type { AnyFunction } from '../../internal/callables/reference';
import { CellClass } from '../../internal/cell';
import { typeError } from '../../internal/errors';
import { Attached } from '../../internal/handles';
import { neverSent } from '../../internal/library_classes';
import { native } from '../../internal/native';
import { refText } from '../../internal/worker/message';
import { asyncArguments } from '../../threading/lockable';
import { ProcessError } from '../errors';
import { Process } from '../process';
import { call, callAsync, Managed, SERVER } from './calls';
import './proxies';
import type { Registered, serve } from './server';

/** Options of {@link BaseManager.register}. */
export interface Registration {
  /** The methods that proxies may call; default: all whose names do not begin with an underscore. */
  exposed?: readonly string[] | undefined;
}

/** Whether `fn` has to be called with `new`. */
export function isClass(fn: AnyFunction): boolean {
  return /^class\b/.test(Function.prototype.toString.call(fn));
}

const SERVE: typeof serve = importable(path.join(__dirname, 'server.js'), 'serve');
const registries = new WeakMap<typeof BaseManager, Record<string, Registered>>();

function registryOf(Class: typeof BaseManager): Record<string, Registered> {
  const parent = Object.getPrototypeOf(Class) as typeof BaseManager;
  const inherited = Class === BaseManager ? {} : registryOf(parent);
  return { ...inherited, ...registries.get(Class) };
}

/**
 * A process that keeps objects of the types that were registered with the class.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.managers.BaseManager
 */
export class BaseManager {
  #process: Process | undefined;
  #server: Managed | undefined;
  #state: 'initial' | 'started' | 'shut down' = 'initial';

  /**
   * Gives all managers of this class a method `typeid` that makes an object and returns its proxy.
   *
   * @param callable - an exported class or function that makes the object in the manager's process
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.managers.BaseManager.register
   */
  static register(typeid: string, callable: AnyFunction, options: Registration = {}): void {
    const name = stringArgument('register', 'typeid', typeid);
    if (!name) throw typeError("register(): 'typeid' must be a string that is not empty");
    const made = functionArgument('register', 'callable', callable);
    const registered: Registered = {
      callable: refText(
        isClass(made) ? describeClass(made, "register(): 'callable'", false)! : describeTarget(made, "register(): 'callable'"),
      ),
      exposed: options.exposed && [...options.exposed],
    };
    registries.set(this, { ...registries.get(this), [name]: registered });
    Object.defineProperty(this.prototype, name, {
      value(this: BaseManager, ...args: unknown[]) {
        return this._make(name, args);
      },
      writable: true,
      configurable: true,
    });
  }

  /**
   * Starts the manager's process, once.
   *
   * @param initializer - called there first, with `initargs`
   * @throws ProcessError where it was started before
   */
  start(initializer?: AnyFunction | null, initargs: Iterable<unknown> = []): void {
    if (this.#state === 'started') throw new ProcessError('Already started server');
    if (this.#state === 'shut down') throw new ProcessError('Manager has shut down');
    const first =
      initializer === undefined || initializer === null
        ? undefined
        : refText(describeTarget(functionArgument('start', 'initializer', initializer), "start(): 'initializer'"));
    const queue = native.queueCreate(CellClass.SimpleQueue, 0, true);
    const server = new Managed(new Attached(native.managedCreate(queue, 0, 0), SERVER));
    native.detach(queue);
    const child = new Process({
      target: SERVE,
      args: [server, registryOf(this.constructor as typeof BaseManager), first, [...initargs]],
      name: `${this.constructor.name}-${native.nextCount(2)}`,
      daemon: true,
    });
    child.start();
    server.runsIn(child.pid!);
    this.#server = server;
    this.#process = child;
    this.#state = 'started';
  }

  /** @internal */
  _make(typeid: string, args: unknown[]): unknown {
    return call(this._running(), 'create', [typeid, ...args]);
  }

  /** @internal */
  _running(): Managed {
    if (this.#state !== 'started') {
      throw new ProcessError(this.#state === 'initial' ? 'the manager was not started' : 'the manager has shut down');
    }
    return this.#server!;
  }

  /**
   * Ends the manager's process; its objects are gone, and their proxies throw.
   *
   * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.managers.BaseManager.shutdown
   */
  shutdown(): void {
    if (this.#state !== 'started') return;
    this.#state = 'shut down';
    try {
      call(this.#server!, 'shutdown', []);
    } catch {
      // It has ended already.
    }
    this.#process!.join(5);
    if (this.#process!.is_alive()) this.#process!.kill();
    this.#process!.join();
  }

  /** {@link shutdown} without blocking the event loop. */
  async shutdown_async(): Promise<void> {
    if (this.#state !== 'started') return;
    this.#state = 'shut down';
    try {
      await callAsync(this.#server!, 'shutdown', []);
    } catch {
      // It has ended already.
    }
    await this.#process!.join_async();
  }

  /** Waits until the manager's process has ended. @param timeout - seconds to wait at most */
  join(timeout?: number | null | { timeout?: number | null | undefined }): void;
  join(...args: unknown[]): void {
    const [timeout] = keywords('BaseManager.join', ['timeout'], args);
    waitTimeout('BaseManager.join', timeout);
    this.#process?.join(timeout as number | null | undefined);
  }

  /** {@link join} without blocking the event loop. */
  async join_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<void>;
  async join_async(...args: unknown[]): Promise<void> {
    const [[timeout], signal] = asyncArguments('BaseManager.join_async', ['timeout'], args);
    waitTimeout('BaseManager.join_async', timeout);
    await this.#process?.join_async(timeout as number | null | undefined, { signal });
  }

  /** {@link shutdown}, at the end of the block that `using` declares the manager in. */
  [Symbol.dispose](): void {
    this.shutdown();
  }

  /** The same for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.shutdown_async();
  }
}

neverSent(BaseManager);
