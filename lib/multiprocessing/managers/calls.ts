/** Calls of objects that a manager keeps: a request in the manager's queue, an answer in a future. */
import { isMainThread } from 'node:worker_threads';
import { CellClass, DATA } from '../../internal/cell';
import { BrokenPipeError, RuntimeError, TimeoutError } from '../../internal/errors';
import { type Attached, Primitive, registerClass } from '../../internal/handles';
import { type CellId, MANAGED_CLASS } from '../../internal/native';
import { Future } from '../../concurrent/futures/future';
import { put } from '../../queue/items';

/** What a manager is asked: the object's number, the method, its arguments, and where the answer goes. */
export type Request = [object: number, method: string, args: unknown[], answer: Future];

/** The kind of the manager itself, which is no object of users'. */
export const SERVER = 'server';

/** Stands for an object of a manager's wherever it is passed to. */
export class Managed extends Primitive {
  /** What the object is, which says what proxy it gets. */
  readonly kind: string;

  constructor(attached: Attached) {
    super(CellClass.Managed, 'proxy', attached);
    this.kind = String(attached.extra);
  }

  get _class(): number {
    return CellClass.Managed;
  }
  override get _shared(): boolean {
    return true;
  }
  override get _number(): number {
    return CellClass.Managed + MANAGED_CLASS;
  }
  protected override _extra(): string {
    return this.kind;
  }

  get queue(): CellId {
    return this._w[this._i + DATA] >>> 0;
  }
  get object(): number {
    return this._w[this._i + DATA + 1] >>> 0;
  }
  get pid(): number {
    return this._w[this._i + DATA + 2];
  }

  /** Says which process it is in, where that was not known when it was made. */
  runsIn(pid: number): void {
    Atomics.store(this._w, this._i + DATA + 2, pid);
  }

  /** Gives up this isolate's reference, without waiting for the collector. */
  letGo(): void {
    this._unsettle();
  }
}

/** How often a caller looks whether the manager is still there, in seconds. */
const LOOK = 0.5;

function isAlive(pid: number): boolean {
  // Not known until its parent has started it.
  if (pid === 0) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ESRCH';
  }
}

function gone(): BrokenPipeError {
  return new BrokenPipeError('the manager of this object has shut down');
}

function ask(managed: Managed, method: string, args: unknown[]): Future {
  const answer = Future._ofTree();
  // Refused where the manager's queue is shut down.
  if (put(managed.queue, [managed.object, method, args, answer] satisfies Request, -1) !== undefined) throw gone();
  return answer;
}

/** Calls a method and waits for the answer; throws what the method throws. */
export function call(managed: Managed, method: string, args: unknown[]): unknown {
  if (isMainThread && managed.pid === process.pid) {
    throw new RuntimeError(`${method}(): the manager's process would wait for itself; use ${method}_async()`);
  }
  const answer = ask(managed, method, args);
  for (;;) {
    try {
      return answer.result(LOOK);
    } catch (error) {
      if (answer.done() || !(error instanceof TimeoutError)) throw error;
      if (!isAlive(managed.pid) && !answer.done()) throw gone();
    }
  }
}

/** {@link call} without blocking the event loop. */
export async function callAsync(managed: Managed, method: string, args: unknown[]): Promise<unknown> {
  const answer = ask(managed, method, args);
  for (;;) {
    try {
      // Within an object: what comes may have a `then` of its own.
      await answer.exception_async(LOOK);
      return answer.result();
    } catch (error) {
      if (answer.done() || !(error instanceof TimeoutError)) throw error;
      if (!isAlive(managed.pid) && !answer.done()) throw gone();
    }
  }
}

let makeProxy: (managed: Managed) => object;

/** Says what users get for an object. */
export function proxiesBy(make: (managed: Managed) => object): void {
  makeProxy = make;
}

registerClass(CellClass.Managed + MANAGED_CLASS, 'managers.Managed', Managed, (attached) => {
  const managed = new Managed(attached);
  return managed.kind === SERVER ? managed : makeProxy(managed);
});
