/**
 * A child's life: it takes its message, runs the target, waits for its threads and children, and ends
 * with Python's exit code.
 */
import { setWorkerContext } from '../callables';
import { decode } from '../codec';
import { RuntimeError, SystemExit } from '../errors';
import { native } from '../native';
import { applyTarget, becomeInstance, resolveText } from '../worker/message';
import { errorText } from '../worker/report';
import { running } from '../worker/state';
import { noteAbout } from './about';
import { endChildren } from './exit';
import type { ProcessMessage } from './message';
import { Process } from '../../multiprocessing/process';
import { enumerate, main_thread } from '../../threading';

let name = 'Process';
let settled = false;

export async function runProcess(): Promise<void> {
  setWorkerContext();
  process.on('uncaughtException', onUncaught);
  process.on('beforeExit', onDrained);
  const bytes = native.processMessage();
  if (bytes === undefined) {
    process.stderr.write('nogil: this process was started without a message\n');
    process.exit(1);
  }
  try {
    const message = decode(bytes) as ProcessMessage;
    ({ name } = message.about);
    process.argv = message.argv;
    noteAbout(message.about);
    native.processFollowParent(message.about.daemon);
    running.daemon = false;
    await run(message);
    end(0);
  } catch (error) {
    end(exitCode(error));
  }
}

async function run({ target, args, kwargs, instance }: ProcessMessage): Promise<void> {
  const fn = target === '' ? undefined : await resolveText(target);
  if (instance === undefined) {
    if (fn) await applyTarget(fn, args, kwargs);
    return;
  }
  const self = Process._current();
  becomeInstance(self, await resolveText(instance.class), instance);
  self._assign(fn, args, kwargs);
  await self.run();
}

/** What the error stands for; tells of it where it is one. */
function exitCode(error: unknown): number {
  if (!(error instanceof SystemExit)) {
    process.stderr.write(`Process ${name}:\n${errorText(error)}\n`);
    return 1;
  }
  const { exit_code } = error;
  if (exit_code === undefined || exit_code === null) return 0;
  if (typeof exit_code === 'number' || typeof exit_code === 'boolean') return Number(exit_code) & 0xff;
  process.stderr.write(`${String(exit_code)}\n`);
  return 1;
}

function end(code: number): void {
  settled = true;
  process.exitCode = code;
  waitForThreads();
  endChildren();
  process.exit(code);
}

/** As at the end of every program: threads that are no daemons are waited for. */
function waitForThreads(): void {
  native.poolShutdownAll();
  if (native.threadsRunning() === 0) return;
  const main = main_thread();
  for (const thread of enumerate()) if (thread !== main && !thread.daemon) thread.join();
}

/** An error that nothing caught, in a callback or in a promise: it ends the process, as in Node. */
function onUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 1) return;
  end(exitCode(error));
}

/** The event loop has nothing left to do, but the target's promise is pending. */
function onDrained(): void {
  if (settled || running.onDrained?.()) return;
  end(exitCode(new RuntimeError("the promise of the process's target can never settle: nothing is left that could settle it")));
}
