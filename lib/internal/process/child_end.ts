/** How a child ends: with Python's exit codes, when its threads and its own children have. */
import { abandonWaits } from '../async_waits';
import { SystemExit } from '../errors';
import { native } from '../native';
import { errorText } from '../worker/report';
import { enumerate, main_thread } from '../../threading';
import { endChildren } from './exit';

/** What the error that left the target stands for; tells of it where it is one. */
export function exitCode(error: unknown, name: string): number {
  if (!(error instanceof SystemExit)) {
    process.stderr.write(`Process ${name}:\n${errorText(error)}\n`);
    return 1;
  }
  const { exit_code } = error;
  if (exit_code === undefined || exit_code === null) return 0;
  // To Python 1.5 is no code, but something to print.
  if (Number.isInteger(exit_code) || typeof exit_code === 'boolean') return Number(exit_code) & 0xff;
  process.stderr.write(`${String(exit_code)}\n`);
  return 1;
}

/** To be called last where the target has returned or thrown, and not where the process ends in the midst of things. */
export function endNormally(): void {
  // A lock that is granted to one of them must not stay with it.
  abandonWaits();
  native.processFinish();
}

/** Waits for threads that are no daemons, as at the end of every program, and for children. */
export function endProcess(): void {
  native.poolShutdownAll();
  if (native.threadsRunning() > 0) {
    const main = main_thread();
    for (const thread of enumerate()) if (thread !== main && !thread.daemon) thread.join();
  }
  endChildren();
}
