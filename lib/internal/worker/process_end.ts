/**
 * The end of the process: Node terminates its workers one after the other, and can not terminate one
 * that is blocked in native code. So all waits end first.
 *
 * As late as possible: listeners of `exit` may still use what threads share. Neither the order in
 * which listeners were added nor one that throws or calls `process.exit()` itself may get in between,
 * which is why this wraps the two functions that every way out goes through, and adds no listener.
 */
import { host, type ProcessEnd, takePartInExit } from '../host';
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

function stopAll(certain: boolean): void {
  native.stopAll(certain);
  for (const stop of stoppers) stop();
}

let endChildren: (() => void) | undefined;

/** Has what `process/exit.ts` does done at the end of the process, though it has no children. */
export function expectProcesses(end: () => void): void {
  endChildren = end;
}

/** Children of the process, whoever of its threads started them. */
function endProcesses(): void {
  if (!endChildren && native.processChildren().length === 0) return;
  // Required here, since few programs have any, and it is built on what this is part of.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  (endChildren ?? (require('../process/exit') as { endChildren(): void }).endChildren)();
}

type Method<K extends keyof Exits> = Extract<Exits[K], (...args: never[]) => unknown>;

/**
 * Puts `wrap(old)` in the place of a method, as invisibly as it was there, and keeps it there: what others put in that place
 * later goes inside. Some take theirs away again and put back what they had found, which may be older than this.
 */
function replace<K extends 'emit' | 'reallyExit'>(name: K, wrap: (old: Method<K>) => Method<K>): void {
  const base = (host as unknown as Exits)[name] as Method<K>;
  let inner = base;
  let isPassing = false;
  const pass = function (this: NodeJS.Process, ...args: unknown[]): unknown {
    // Called by what is inside: what that found and calls is this.
    const isInside = isPassing;
    isPassing = !isInside && inner !== base;
    try {
      return Reflect.apply(isPassing ? inner : base, this, args) as unknown;
    } finally {
      isPassing = isInside;
    }
  } as Method<K>;
  const outer = wrap(pass);
  Object.defineProperty(host, name, {
    get: () => outer,
    set: (method: Method<K>) => (inner = method === outer ? base : method),
    configurable: true,
    enumerable: false,
  });
}

/** On the main thread. */
export function stopThreadsAtExit(): void {
  takePartInExit({ beforeListeners: () => native.poolShutdownAll(), afterListeners: endProcesses, stop: stopAll }, wrapExits);
}

function wrapExits(current: () => ProcessEnd): void {
  const isEnding = (): boolean => (host as unknown as Exits)._exiting !== false;
  let isEmitting = false;
  replace(
    'emit',
    (emit) =>
      function (event, ...args) {
        if (event !== 'exit' || isEmitting) return emit.call(this, event, ...args);
        isEmitting = true;
        // Listeners may still wait for what is being done, but begin nothing.
        if (isEnding()) current().beforeListeners();
        let threw = true;
        try {
          const heard = emit.call(this, event, ...args);
          if (isEnding()) current().afterListeners();
          threw = false;
          return heard;
        } finally {
          isEmitting = false;
          // Anybody may emit an event of that name.
          // Whoever catches what a listener threw goes on, and has to see how threads ended.
          if (isEnding()) current().stop(!threw);
        }
      },
  );
  replace(
    'reallyExit',
    (reallyExit) =>
      function (code) {
        current().stop(true);
        return reallyExit.call(this, code);
      },
  );
}
