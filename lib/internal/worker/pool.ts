/**
 * The workers that run threads. One takes thread after thread from the native inbox; whoever starts a
 * thread for which none is free has one made. A worker does not outlive the isolate that made it, so
 * that is the main thread, or the spawner (`spawner.ts`), which always answers.
 */
import path from 'node:path';
import { isMainThread, SHARE_ENV, Worker, workerData, type WorkerOptions } from 'node:worker_threads';
import { adopt, discard, endBoot, expectNewcomer, snapshot } from '../codec';
import { POOLED, pooled } from '../pooled';
import { ThreadFlag } from '../cell';
import { RuntimeError } from '../errors';
import { stopHere } from '../interruption';
import { isNode } from '../runtime';
import { addon, type CellId, native } from '../native';
import { stackText } from '../text';
import type { BootData } from './boot';
import { collect, type Pack } from './pack';
import { atProcessEnd } from './process_end';
import { withoutReducer } from './reducer';

/** What a worker of ours finds in its `workerData`. */
export interface WorkerData extends BootData {
  [POOLED]: true;
  shared: ReturnType<typeof snapshot>;
  argv: string[];
  /** Made by a worker with whom it would end at any time. */
  nested: boolean;
  /** Runs no threads, but makes workers for others. */
  spawner: boolean;
  /** {@link native.beginBoot} */
  birth: number;
  /** The addon's file. */
  addon: string;
  /** {@link Status} */
  status: Int32Array;
}

/** Words that a worker tells its maker about itself. */
export const Status = { took: 0, ident: 1, subscribed: 2, environment: 3, words: 4 } as const;

/** How long a thread waits for the main thread to make a worker before it makes one itself. */
const SPAWN_MS = 50;
/** How long the spawner may take at most, at the end of the process, until it has told its workers to end. */
const SPAWNER_END_MS = 50;
/** So many workers in a row that never came to work: no more are tried. */
const BOOT_FAILURES_MAX = 3;

const isSpawner = pooled && (workerData as WorkerData).spawner;
let pack: Pack | undefined = pooled ? (workerData as WorkerData).pack : undefined;
let spawner: Worker | undefined;
let bootFailures = 0;
/** Workers that were made here. */
let made = 0;
/** The workers that this thread made, with the words that they share with it. */
const children = new Map<Worker, { status: Int32Array; birth: number }>();
/** Those that {@link endIdleWorkers} ended. */
const dismissed = new WeakSet<Worker>();

/** Whether workers would end with this isolate. */
export function hasWorkers(): boolean {
  return children.size > 0;
}

/**
 * All at once; Node by itself waits for the end of each before it tells the next. At the end of the process that is
 * the faster way for those that do nothing any more: what they give back to the kernel goes through one lock.
 */
export function terminateAll(): void {
  for (const [worker, { status }] of children) {
    if (worker === spawner || (isNode && native.atRest(status[Status.environment]))) continue;
    void worker.terminate();
  }
  if (isSpawner) native.spawner(3);
}

atProcessEnd(() => {
  terminateAll();
  // It terminates those that it made, likewise all at once.
  if (spawner) native.spawnerDone(SPAWNER_END_MS);
});

/**
 * On the main thread, where no thread runs: ends all workers, which will not wait for the event loop to
 * be gone.
 *
 * @returns whether there are any
 */
export function endIdleWorkers(): boolean {
  if (children.size === 0) return false;
  native.forkEndWorkers();
  terminateAll();
  void spawner?.terminate();
  for (const [worker, { birth }] of children) {
    dismissed.add(worker);
    native.bootFailed(birth);
  }
  native.spawner(0);
  spawner = undefined;
  return true;
}

/** Terminates the worker of a thread, in the midst of whatever it does. */
export function terminateThread(ident: number): void {
  if (!native.doom(ident)) return;
  terminateDoomed();
  native.serviceAll();
}

/** Terminates those workers made here whose threads are to end so. */
export function terminateDoomed(): void {
  for (const [worker, { status }] of children) {
    const ident = Atomics.load(status, Status.ident);
    if (ident !== 0 && native.isDoomed(ident)) void worker.terminate();
  }
}

/** What a second start is told. */
export const STARTED_BEFORE = 'threads can only be started once';

/**
 * Hands a thread over to a worker.
 *
 * @throws RuntimeError where there can be no more threads, and where it was started before
 */
export function launch(thread: CellId, message: Uint8Array, flags: number): void {
  const answer = native.threadStart(thread, message, flags);
  if (answer < 0) {
    discard(message);
    throw new RuntimeError(answer === -2 ? STARTED_BEFORE : "can't start new thread");
  }
  if (answer > 0) provideWorker();
  if (!(flags & ThreadFlag.daemon)) whenStarted?.();
}

let whenStarted: (() => void) | undefined;

/** Has `fn` called after each start of a thread, from here, that the process has to wait for. */
export function onStart(fn: () => void): void {
  whenStarted = fn;
}

function provideWorker(): void {
  if (!isMainThread && !isSpawner) {
    if (native.requestSpawn(SPAWN_MS)) return;
    if (native.isStopping()) stopHere();
  }
  try {
    makeWorker();
  } catch (error) {
    dropWaiting();
    throw new RuntimeError("can't start new thread", { cause: error });
  }
}

/** On the main thread and the spawner: makes the workers that others asked for. */
export function makeRequested(): void {
  for (let n = native.takeSpawns(); n > 0; n--) {
    try {
      makeWorker();
    } catch {
      dropWaiting();
    }
  }
}

/** Ends the thread that waits longest for a worker, which nobody can make. */
function dropWaiting(): void {
  const message = native.threadDrop();
  if (message) discard(message);
}

/** Makes a worker where threads wait that none will take: after one was lost. */
export function fillShortage(): void {
  while (native.workerShortage()) {
    if (bootFailures < BOOT_FAILURES_MAX) {
      provideWorker();
      continue;
    }
    native.bootFailed(native.beginBoot());
    dropWaiting();
  }
}

let execArgv: string[] | undefined;
/** Options of Node that say what program to run, not how: a worker has its own. */
const PROGRAM_OPTIONS = /^(?:-[epc]|-pe|--(?:eval|print|check|input-type|test|watch|run|interactive|build-sea)(?:[-=].*)?)$/;
const WITH_VALUE = /^(?:-[ep]|-pe|--(?:eval|print|input-type|watch-path|build-sea|run))$/;

/** The options for workers; undefined where they can inherit those of the process. */
function workerArguments(): string[] | undefined {
  if (execArgv || !process.execArgv.some((option) => PROGRAM_OPTIONS.test(option))) return execArgv;
  execArgv = [];
  for (let i = 0; i < process.execArgv.length; i++) {
    const option = process.execArgv[i];
    if (!PROGRAM_OPTIONS.test(option)) execArgv.push(option);
    else if (WITH_VALUE.test(option)) i++;
  }
  return execArgv;
}

function newWorker(program: string, options: WorkerOptions): Worker {
  const args = workerArguments();
  if (!args) return withoutReducer(() => new Worker(program, options));
  try {
    return withoutReducer(() => new Worker(program, { ...options, execArgv: args }));
  } catch (error) {
    // Options of the engine are the whole process's and not allowed here; the message lists them.
    const { code, message } = error as NodeJS.ErrnoException;
    const refused = code === 'ERR_WORKER_INVALID_EXEC_ARGV' ? args.filter((option) => message.includes(option)) : [];
    if (refused.length === 0) throw error;
    execArgv = args.filter((option) => !refused.includes(option));
    return newWorker(program, options);
  }
}

/** @throws whatever Node throws where there can be no more workers */
function newChild(name: string, spawner: boolean, birth: number, status: Int32Array): Worker {
  const nested = !isMainThread && !isSpawner;
  const sent = new Int32Array(new SharedArrayBuffer(4));
  const data: WorkerData = {
    [POOLED]: true,
    program: spawner ? 'spawner' : 'bootstrap',
    pack,
    sent,
    addon,
    shared: snapshot(),
    argv: process.argv,
    nested,
    spawner,
    birth,
    status,
  };
  const stack = native.stackSize();
  // Elsewhere nobody can make modules in a loader's place, as `boot.ts` does: the program loads them as any other.
  const file = path.join(__dirname, `${isNode ? 'boot' : data.program}.js`);
  const worker = newWorker(file, {
    env: SHARE_ENV,
    workerData: data,
    name,
    ...(stack > 0 && !spawner ? { resourceLimits: { stackSizeMb: stack / (1024 * 1024) } } : {}),
  });
  if (pack === undefined && isNode) {
    // It takes as long as a worker needs to come up that far.
    pack = collect();
    worker.postMessage(pack);
    Atomics.store(sent, 0, 1);
    Atomics.notify(sent, 0);
  }
  children.set(worker, { status, birth });
  const forget = expectNewcomer(worker, () => Atomics.load(status, Status.subscribed) === 1);
  worker.once('exit', () => {
    children.delete(worker);
    forget();
  });
  return worker;
}

/** What a worker of ours begins with. */
export function enterWorker(data: WorkerData): void {
  process.argv = data.argv;
  adopt(data.shared);
  Atomics.store(data.status, Status.environment, native.environmentId());
  Atomics.store(data.status, Status.subscribed, 1);
  endBoot();
}

function makeWorker(): void {
  const birth = native.beginBoot();
  const status = new Int32Array(new SharedArrayBuffer(4 * Status.words));
  let worker: Worker;
  try {
    worker = newChild('nogil thread', false, birth, status);
  } catch (error) {
    native.bootFailed(birth);
    throw error;
  }
  // What its threads are for keeps the process alive, or nothing does. But who made it stays as long as it
  // does: the worker would end with its maker.
  if (!pooled || isSpawner) worker.unref();
  worker.on('error', (error) => reportLoss(status, error));
  worker.on('exit', () => {
    native.bootFailed(birth);
    if (Atomics.load(status, Status.took) === 1) bootFailures = 0;
    else if (!dismissed.has(worker)) bootFailures++;
    fillShortage();
  });
  // The first thread of a process is served best by a worker alone, and many programs have no other.
  if (isMainThread && !spawner && made++ > 0) makeSpawner();
}

/** Threads may start threads while the main thread computes. */
function makeSpawner(): void {
  native.spawner(1);
  try {
    const status = new Int32Array(new SharedArrayBuffer(4 * Status.words));
    const worker = newChild('nogil spawner', true, 0, status);
    spawner = worker;
    worker.unref();
    // It had no memory left. The main thread does without it, and makes another with its next worker.
    worker.on('error', () => {});
    worker.on('exit', () => {
      if (spawner !== worker) return;
      native.spawner(0);
      spawner = undefined;
      makeRequested();
    });
  } catch {
    native.spawner(0);
  }
}

/** A worker that ended by an error of its own: no memory left, or it never started. */
function reportLoss(status: Int32Array, error: unknown): void {
  const ident = Atomics.load(status, Status.ident);
  const name = ident === 0 ? undefined : native.obituary(ident);
  const who = name === undefined ? 'a worker' : `thread ${name}`;
  process.stderr.write(`Exception in ${who}:\n${stackText(error)}\n`);
}
