/**
 * A copy of this process: what `os.fork` and the fork start method of `multiprocessing` stand on.
 *
 * V8's and libuv's helper threads go along (native/platform/linux/fork.cc), threads that run JavaScript do
 * not, so there must be none. Everything else is checked, and refused with an error that says what to do.
 */
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import { randomInt } from 'node:crypto';
import { OSError, RuntimeError } from './errors';
import { type CellId, ForkRefusal, native } from './native';
import { checkBootstrapped } from './worker/guard';
import { promoteShared } from './handles';
import { isNode } from './runtime';
import { self } from './self';
import { endIdleWorkers } from './worker/pool';

/** Refuses where it is known without looking at the process's threads that there can be no fork. */
function checkPlace(): void {
  if (process.platform !== 'linux') {
    throw new RuntimeError(`fork() works on Linux only, not on ${process.platform}: start a multiprocessing.Process instead`);
  }
  if (!isNode) throw refusal(ForkRefusal.unsupported);
  if (!isMainThread) throw new RuntimeError('fork() works in the main thread only: a child would have that thread and no other');
  checkBootstrapped('process');
  const others = native.threadsAliveCount() - 1;
  if (others > 0) {
    throw new RuntimeError(
      `fork() while ${others === 1 ? 'another thread runs' : `${others} other threads run`}, which the child would not have: ` +
        'fork first, or join them before',
    );
  }
}

function refusal(answer: number): Error {
  switch (answer) {
    case ForkRefusal.unsupported:
      return new RuntimeError(
        'fork() needs Node.js on Linux for x64 or arm64, with /proc mounted: start a multiprocessing.Process instead',
      );
    case ForkRefusal.busy:
      return new RuntimeError(
        'fork() while another thread of this process is at work and does not come to an end: a Worker, or a file operation, ' +
          'DNS lookup or the like that waits. Fork before it begins, or when it is over',
      );
    case ForkRefusal.otherLoop:
      return new RuntimeError(
        'fork() while this process has another event loop, which the child would not have: that of a Worker, or of the inspector ' +
          '(--inspect). Terminate the Worker first, or run the program without the inspector',
      );
    default: {
      const [code] = Object.entries(constants.errno).find(([, errno]) => errno === -answer) ?? ['ERR_OS'];
      return Object.assign(new OSError(`[Errno ${-answer}] fork failed: ${code}`), { code, errno: -answer });
    }
  }
}

/** What JavaScript knows about the parent becomes true of the child. */
function becomeChild(): void {
  Object.defineProperty(process, 'pid', { value: native.processId(), enumerable: true, configurable: true, writable: false });
  // A thread of the tree of its own, which still owns what it held in its own memory.
  self.before = self.number;
  self.number = native.threadNumber();
  // V8's generator is where the parent's is, and can not be seeded: go a random way on.
  for (let steps = randomInt(1 << 16); steps >= 0; steps--) Math.random();
}

/**
 * @param listed - whether `wait` takes the child; `waitpid` with its number does so anyway
 * @param cell - of the process that `multiprocessing` starts so
 * @returns the child's number; 0 in the child, which goes on from here and must end by {@link Native.exitNow} (see {@link exitAsChild})
 * @throws RuntimeError where the child could not work
 * @throws OSError where the system has no room for another process
 */
export function forkProcess(listed: boolean, cell: CellId = 0): number {
  checkPlace();
  promoteShared();
  const pid = native.fork(listed, endIdleWorkers(), cell);
  if (pid < 0) throw refusal(pid);
  if (pid === 0) becomeChild();
  return pid;
}

/** How long Node may take to print an error and to end; more than that, and it waits for a thread of the parent's. */
const UNCAUGHT_MS = 5000;
let exitsAsChild = false;

type Emit = (event: string | symbol, ...args: unknown[]) => boolean;

/**
 * Has this process, a child, end without what Node does at the end of a process: it would wait for threads
 * that are the parent's. Listeners of `exit` run as ever.
 */
export function exitAsChild(): void {
  if (exitsAsChild) return;
  exitsAsChild = true;
  const exits = process as unknown as { emit: Emit; reallyExit(code?: number): never };
  const emit = exits.emit;
  let uncaught = false;
  const replace = (name: 'emit' | 'reallyExit', value: unknown): void => {
    Object.defineProperty(process, name, { value, writable: true, configurable: true, enumerable: false });
  };
  replace('reallyExit', (code?: number) => native.exitNow((code ?? 0) & 0xff));
  replace('emit', function (this: NodeJS.Process, event: string | symbol, ...args: unknown[]): boolean {
    if (event === 'uncaughtExceptionMonitor') uncaught = true;
    const heard = emit.call(this, event, ...args);
    if (event === 'uncaughtException' && heard) uncaught = false;
    if (event === 'exit' && (process as { _exiting?: boolean })._exiting !== false) {
      const code = Number(process.exitCode ?? args[0] ?? 0) & 0xff;
      // Node prints an error that nobody caught after this, and ends then.
      if (uncaught) native.exitBy(code, UNCAUGHT_MS);
      else native.exitNow(code);
    }
    return heard;
  });
}
