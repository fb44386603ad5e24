/**
 * A child's life: it takes its message, runs the target, waits for its threads and children, and ends
 * with Python's exit code.
 */
import { setWorkerContext } from '../callables';
import { decode } from '../codec';
import { RuntimeError } from '../errors';
import { native } from '../native';
import { awaitedClasses } from '../library_classes';
import { assignFields, becomeInstance } from '../subclasses';
import { applyTarget, resolveFirst } from '../worker/message';
import { running } from '../worker/state';
import { noteAbout } from './about';
import { endNormally, endProcess, exitCode } from './child_end';
import type { ProcessMessage } from './message';
import { get_logger } from '../../multiprocessing/logger';
import { Process } from '../../multiprocessing/process';

let name = 'Process';
let settled = false;
let logs = false;

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
    logs = message.about.log !== undefined;
    native.processFollowParent(message.about.daemon);
    running.daemon = false;
    log('child process calling self.run()');
    await run(message);
    // Node looks for rejections that nobody handles when the reactions that are queued have run.
    await new Promise((resolve) => setImmediate(resolve));
    // What the target said in Node's own way counts as well.
    end(Number(process.exitCode ?? 0));
  } catch (error) {
    end(exitCode(error, name));
  }
}

async function run({ target, args, kwargs, instance }: ProcessMessage): Promise<void> {
  const fn = target === '' ? undefined : await resolveFirst(target);
  await awaitedClasses();
  if (instance === undefined) {
    if (fn) await applyTarget(fn, args, kwargs);
    return;
  }
  const self = Process._current();
  becomeInstance(self, await resolveFirst(instance.class));
  assignFields(self, instance.fields);
  self._assign(fn, args, kwargs);
  await self.run();
}

function end(code: number, normally = true): void {
  settled = true;
  process.exitCode = code;
  log('process shutting down');
  endProcess();
  if (normally) endNormally();
  log(`process exiting with exitcode ${code}`);
  process.exit(code);
}

/** An error that nothing caught, in a callback or in a promise: it ends the process, as in Node. */
function onUncaught(error: unknown): void {
  if (process.listenerCount('uncaughtException') > 1) return;
  end(exitCode(error, name), false);
}

/** The event loop has nothing left to do, but the target's promise is pending. */
function onDrained(): void {
  if (settled || running.onDrained?.()) return;
  end(
    exitCode(
      new RuntimeError("the promise of the process's target can never settle: nothing is left that could settle it"),
      name,
    ),
  );
}

/** For those who debug programs: nothing unless `log_to_stderr` was called. */
function log(message: string): void {
  if (logs) get_logger().info(message);
}
