import { type AsyncOptions, keywords, waitTimeout } from '../internal/arguments';
import { stopHere } from '../internal/interruption';
import { Answer, native } from '../internal/native';
import { aboutMe } from '../internal/process/about';
import { asyncArguments } from '../threading/lockable';

/** How often the end of the parent is looked for: no event tells of it. */
const POLL_MS = 10;

/** What {@link parent_process} gives. */
export class _ParentProcess {
  constructor(
    /** Its name, as it was when it started this process. */
    readonly name: string,
    readonly pid: number,
  ) {}

  get ident(): number {
    return this.pid;
  }

  /** Whether it has not ended. */
  is_alive(): boolean {
    return !native.processOrphan();
  }

  /** Waits for its end. @param timeout - seconds to wait at most; nothing waits for ever */
  join(timeout?: number | null | { timeout?: number | null | undefined }): void {
    const [seconds] = keywords('Process.join', ['timeout'], [timeout]);
    const ms = waitTimeout('Process.join', seconds);
    const end = ms < 0 ? Infinity : performance.now() + ms;
    while (this.is_alive() && performance.now() < end) {
      if (native.sleep(Math.min(POLL_MS, end - performance.now())) === Answer.interrupted) stopHere();
    }
  }

  /** {@link join} without blocking the event loop. */
  join_async(
    timeout?: number | null | ({ timeout?: number | null | undefined } & AsyncOptions),
    options?: AsyncOptions,
  ): Promise<void>;
  async join_async(...given: unknown[]): Promise<void> {
    const [[seconds], signal] = asyncArguments('Process.join_async', ['timeout'], given);
    const ms = waitTimeout('Process.join_async', seconds);
    const end = ms < 0 ? Infinity : performance.now() + ms;
    signal?.throwIfAborted();
    while (this.is_alive() && performance.now() < end) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(POLL_MS, end - performance.now())));
      signal?.throwIfAborted();
    }
  }
}

/**
 * The process that started this one; `undefined` in the first process.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.parent_process
 */
export function parent_process(): _ParentProcess | undefined {
  const me = aboutMe();
  return me.parent === undefined ? undefined : new _ParentProcess(me.parent, native.processParentPid());
}
