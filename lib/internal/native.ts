/**
 * The whole of the addon, as `native/binding` defines it. Nothing else in `lib/` loads it.
 *
 * Cells are named by a 32-bit number ({@link CellId}); times are milliseconds, negative for ever, 0
 * not at all. Arguments are not checked there beyond what could crash the process: the classes that
 * call these have done so.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { workerData } from 'node:worker_threads';
import type * as Build from 'node-gyp-build';
import type { CellCalls } from './addon/cells';
import type { EnvironmentCalls } from './addon/environment';
import type { PoolCalls } from './addon/pools';
import type { ProcessCalls } from './addon/processes';
import type { QueueCalls } from './addon/queue';
import type { SyncCalls } from './addon/sync';
import type { ThreadCalls } from './addon/threads';
import { pooled } from './pooled';

export type { CellId, Token } from './addon/ids';

/** In the ids of cells that all processes of the tree see. */
export const SHARED_ARENA = 0x80000000;
/** Added to the class of a cell in that memory, where classes are told apart. */
export const SHARED_CLASS = 256;
/** The same for what a manager makes: it has `threading`'s errors. */
export const MANAGED_CLASS = 512;

/** Added to what pool functions answer: a thread has to be started. */
export const START = 2 ** 32;

/** What {@link Native.crewVacate} answers: of a worker that ended in the midst of things, any of the first three. */
export const PlaceState = { starting: 1, idle: 2, busy: 3, left: 4, doomed: 5, spoiled: 6 } as const;

/** What a blocking call answers. */
export const Answer = {
  /** Not in time, or not without blocking. */
  no: 0,
  yes: 1,
  /** The thread is being stopped: see `stopHere` in `interruption.ts`. */
  interrupted: 2,
  /** Yes, from a holder that died. */
  inherited: 3,
} as const;

/** How a notified async wait was notified: {@link Native.finishAsync}. */
export const Outcome = { again: 0, granted: 1, inherited: 2, broken: 3 } as const;

/** Why {@link Native.fork} did nothing. */
export const ForkRefusal = {
  unsupported: -10001,
  /** A helper thread of the runtime's has been at work for too long. */
  busy: -10002,
  /** There is another event loop: a worker's, or the inspector's. */
  otherLoop: -10003,
} as const;

/** All of it; each source file's part is declared in `addon/`. */
export interface Native extends EnvironmentCalls, CellCalls, SyncCalls, PoolCalls, QueueCalls, ThreadCalls, ProcessCalls {}

const ROOT = path.join(__dirname, '..', '..');
const REMEDY = `With a C++17 compiler, make and Python 3, this makes one:\n    node ${path.join(ROOT, 'native', 'rebuild.cjs')}`;

/* eslint-disable @typescript-eslint/no-require-imports -- the file is known at run time only */
function findAddon(): string {
  // A worker of ours is told where it is; finding it takes longer than loading it.
  if (pooled) return (workerData as { addon: string }).addon;
  try {
    return (require('node-gyp-build') as typeof Build).resolve(ROOT);
  } catch (cause) {
    // Also where it could not look around (Node's permissions), or npm's settings told it of another machine.
    const system = `${process.platform}-${process.arch}`;
    const folders = [
      ['build', 'Release'],
      ['prebuilds', system],
      ...(process.platform === 'darwin' ? [['prebuilds', 'darwin-x64+arm64']] : []),
    ];
    const found = folders.map((folder) => path.join(ROOT, ...folder, 'nogil.node')).find(existsSync);
    if (found !== undefined) return found;
    throw new Error(
      `nogil has no binary for ${system} (Node ${process.versions.node}). ${REMEDY}\n` +
        `Where it should have one, ${path.join(ROOT, 'prebuilds')} was left out: a bundler has to leave 'nogil' external.`,
      { cause },
    );
  }
}

interface Addon {
  /** Makes the function of that name; undefined: there is none, or it can not be made. */
  get(this: void, name: string): unknown;
}

function loadAddon(file: string): Addon {
  try {
    const loaded = require(file) as Addon;
    if (typeof loaded.get !== 'function') throw new Error(`${file} is of another version`);
    return loaded;
  } catch (cause) {
    const { message, code } = cause as NodeJS.ErrnoException;
    throw Object.assign(new Error(`nogil's binary does not load here: ${message}\n${REMEDY}`, { cause }), { code });
  }
}

/**
 * Made at once: what wakes others when JavaScript has changed a state. To make one is to run JavaScript, and a thread
 * that is terminated there, or has no stack left, would leave somebody asleep for ever.
 */
const WAKES: (keyof Native)[] = ['mutexWake', 'semaphoreWake', 'eventWakeIfSet', 'futureWake'];

function functionsOf({ get }: Addon): Native {
  const make = (name: string | symbol): unknown => {
    const value = typeof name === 'string' ? get(name) : undefined;
    if (value !== undefined) Object.defineProperty(native, name, { value, configurable: true, enumerable: true, writable: true });
    return value;
  };
  // V8 knows the functions that it has by now as constants; those to come are the prototype's affair.
  const native = Object.create(new Proxy({}, { get: (_, name) => make(name) })) as Native;
  WAKES.forEach(make);
  return native;
}

/** Where the addon is. */
export const addon: string = findAddon();
/** The addon: the same for all copies of the library in a process. */
export const nativeHalf = loadAddon(addon);
/** Its functions, each made when it is first asked for. */
export const native = functionsOf(nativeHalf);
