/**
 * The process as Node has it, and how the library takes part in its end.
 *
 * jest gives modules a copy of `process`, on which nothing ever happens, and loads the library anew for each test file,
 * though its native half is the same. The newest of these copies takes the place of the ones before it, whose files are done.
 */
import type * as NodeVM from 'node:vm';
import { nativeHalf } from './native';
import { pooled } from './pooled';

interface Part {
  beforeExit: (() => void)[];
  /** See `worker/process_end.ts`. */
  exit?: ProcessEnd | undefined;
}

export interface ProcessEnd {
  beforeListeners(): void;
  afterListeners(): void;
  /** @param certain - whether nobody can keep the process from its end any more */
  stop(certain: boolean): void;
}

function find(): NodeJS.Process {
  // What runs there is nobody's sandbox.
  if (pooled) return process;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- our workers do without it
  const vm = require('node:vm') as typeof NodeVM;
  return (vm.runInThisContext('globalThis.process') as NodeJS.Process | undefined) ?? process;
}

export const host: NodeJS.Process = find();

const PARTS = Symbol.for('nogil.parts');
/** One for each native half: two versions of the library in one program both take part. */
type Parts = Map<unknown, Part>;

function parts(): Parts {
  const holder = host as unknown as Record<symbol, Parts | undefined>;
  if (!holder[PARTS]) Object.defineProperty(host, PARTS, { value: new Map() });
  return holder[PARTS]!;
}

const isFirst = !parts().has(nativeHalf);
// Until this copy takes part, the one before it does.
const part: Part = { beforeExit: [], exit: parts().get(nativeHalf)?.exit };
parts().set(nativeHalf, part);

function newest(): Part {
  return parts().get(nativeHalf)!;
}

/** Has `listener` called when the event loop has nothing left to do, as often as that happens. */
export function onBeforeExit(listener: () => void): void {
  if (part.beforeExit.push(listener) > 1 || !isFirst) return;
  host.on('beforeExit', () => {
    for (const fn of newest().beforeExit) fn();
  });
}

/**
 * Has `end` take part in the end of the process.
 *
 * @param wrap - does it, once; gives what to do then
 */
export function takePartInExit(end: ProcessEnd, wrap: (current: () => ProcessEnd) => void): void {
  part.exit = end;
  if (isFirst) wrap(() => newest().exit!);
}
