/**
 * The end of the process: Node terminates its workers one after the other, and can not terminate one
 * that is blocked in native code. So all waits end first.
 *
 * As late as possible: listeners of `exit` may still use what threads share. Neither the order in
 * which listeners were added nor one that throws or calls `process.exit()` itself may get in between,
 * which is why this wraps the two functions that every way out goes through, and adds no listener.
 */
import { native } from '../native';

type Emit = (this: NodeJS.Process, event: string | symbol, ...args: unknown[]) => boolean;
interface Exits {
  emit: Emit;
  reallyExit: (this: NodeJS.Process, code?: number) => never;
}

const stoppers: (() => void)[] = [];

/** Has `stop` called when all waits have ended and the process is about to exit. */
export function atProcessEnd(stop: () => void): void {
  stoppers.push(stop);
}

function stopAll(): void {
  native.stopAll();
  for (const stop of stoppers) stop();
}

export function stopThreadsAtExit(): void {
  const exits = process as unknown as Exits;
  const { emit, reallyExit } = exits;
  exits.emit = function (event, ...args) {
    if (event !== 'exit') return emit.call(this, event, ...args);
    // Listeners may still wait for what is being done, but begin nothing.
    native.poolShutdownAll();
    try {
      return emit.call(this, event, ...args);
    } finally {
      stopAll();
    }
  };
  exits.reallyExit = function (code) {
    stopAll();
    return reallyExit.call(this, code);
  };
}
