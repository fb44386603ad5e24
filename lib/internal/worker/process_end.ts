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
  /** False while the process goes on. */
  _exiting?: boolean;
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

let hasProcesses = false;

/** Has what `process/exit.ts` does done at the end of the process, though it has no children. */
export function expectProcesses(): void {
  hasProcesses = true;
}

/** Children of the process, whoever of its threads started them. */
function endProcesses(): void {
  if (!hasProcesses && native.processChildren().length === 0) return;
  // Required here, since few programs have any, and it is built on what this is part of.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  (require('../process/exit') as { endChildren(): void }).endChildren();
}

/** Puts `wrap(old)` in the place of a method, as invisibly as it was there. */
function replace<K extends 'emit' | 'reallyExit'>(name: K, wrap: (old: Exits[K]) => Exits[K]): void {
  const exits = process as unknown as Exits;
  Object.defineProperty(process, name, { value: wrap(exits[name]), writable: true, configurable: true, enumerable: false });
}

/** On the main thread. */
export function stopThreadsAtExit(): void {
  replace(
    'emit',
    (emit) =>
      function (event, ...args) {
        if (event !== 'exit') return emit.call(this, event, ...args);
        // Listeners may still wait for what is being done, but begin nothing.
        if ((process as unknown as Exits)._exiting !== false) native.poolShutdownAll();
        try {
          const heard = emit.call(this, event, ...args);
          if ((process as unknown as Exits)._exiting !== false) endProcesses();
          return heard;
        } finally {
          // Anybody may emit an event of that name.
          if ((process as unknown as Exits)._exiting !== false) stopAll();
        }
      },
  );
  replace(
    'reallyExit',
    (reallyExit) =>
      function (code) {
        stopAll();
        return reallyExit.call(this, code);
      },
  );
}
