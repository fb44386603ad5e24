/** Garbage collection and native memory, as tests look at them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { LIMIT } from './peers';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

interface Native {
  liveCells(shared?: boolean): number;
}
/** The addon's own functions, which no entry point of the package leads to. */
export const { native } = require(join(__dirname, '..', '..', 'dist', 'internal', 'native.js')) as { native: Native };

/** Collects garbage until `state` holds. */
export async function collected(state: () => boolean): Promise<void> {
  for (const end = performance.now() + LIMIT; ;) {
    if (performance.now() > end) throw new Error(`not so after ${LIMIT} ms of collecting garbage: ${state.toString()}`);
    // In a turn of its own: what the last one looked up through a WeakRef lives until that one's end.
    await new Promise(setImmediate);
    gc();
    for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
    if (state()) return;
  }
}

/** Resident memory of the process, in MB. */
export function residentMegabytes(): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))![1]) / 1024;
}
