/** What only the addon can tell; loading this module fails where that can not be loaded. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
// First of all: it joins this thread to the addon, which what is asked below counts on.
import '../internal/environment';
import { addon, native } from '../internal/native';
import { get_all_start_methods } from '../multiprocessing';
import { Lock, TIMEOUT_MAX } from '../threading';

const WAITS: Record<string, string> = { linux: 'futex', darwin: '__ulock', win32: 'WaitOnAddress' };

const PREBUILDS = path.join(__dirname, '..', '..', 'prebuilds');

/** Where the file came from. Set-up puts a copy of a prebuilt one where a compiled one would be, if it can not compile. */
function origin(file: string, bytes: Buffer): string {
  if (file.startsWith(PREBUILDS + path.sep)) return 'came with the package';
  const folder = `${process.platform}-${process.arch}`;
  const prebuilt = path.join(PREBUILDS, folder, 'nogil.node');
  return existsSync(prebuilt) && readFileSync(prebuilt).equals(bytes) ? `a copy of prebuilds/${folder}` : 'compiled here';
}

function binary(file: string): string {
  const bytes = readFileSync(file);
  return `${file} (${origin(file, bytes)}, ${Math.round(bytes.length / 1024)} KiB)`;
}

/** Whether a cell can be had, and so the memory outside of V8's heap that the fast paths work on. */
function externalBuffers(): string {
  try {
    return new Lock().acquire(false) ? 'yes' : 'no: a new lock is held';
  } catch (error) {
    return `no: ${(error as Error).message}`;
  }
}

function fork(processes: boolean): string {
  if (!processes) return 'no: it needs processes';
  return get_all_start_methods().includes('fork') ? 'yes' : `no: not on ${process.platform}`;
}

export function addonFacts(): Record<string, string> {
  const processes = native.processNumber() !== 0;
  const [threads, most] = native.tableSizes();
  return {
    binary: binary(addon),
    waits: WAITS[process.platform] ?? 'unknown',
    'external buffers': externalBuffers(),
    processes: processes ? 'yes' : 'no: the system gives no memory that processes can share',
    fork: fork(processes),
    'longest timeout': `${TIMEOUT_MAX} s (TIMEOUT_MAX)`,
    'most threads': `${threads} at a time, in all processes of a tree together`,
    'most processes': `${most} at a time in a tree`,
  };
}
