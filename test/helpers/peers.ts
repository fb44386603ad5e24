/**
 * Other threads for tests: of the library's own, or plain workers that use handles. What they run is
 * given as a function that uses its parameters and `require` only; main may block meanwhile.
 */
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Thread } from 'nogil/threading';

const FIXTURE = join(__dirname, '..', 'fixtures', 'peer.js');
const SLOT = 4096;
const HEADER = 8;
/** Outer limit of every step, in milliseconds: a hang is a failure and no stuck run. */
export const LIMIT = 60_000;

export type Kind = 'Thread' | 'worker';

/** A call that runs elsewhere. */
export class Call<R = unknown> {
  readonly slot = new SharedArrayBuffer(SLOT);
  private readonly words = new Int32Array(this.slot, 0, 2);
  thread: Thread | undefined;

  get done(): boolean {
    return Atomics.load(this.words, 0) !== 0;
  }

  /** Blocks until it has returned; what it returned, or an error like the one that it threw. */
  result(ms = LIMIT): R {
    if (Atomics.wait(this.words, 0, 0, ms) === 'timed-out') throw new Error(`a call elsewhere took more than ${ms} ms`);
    const text = Buffer.from(this.slot, HEADER, this.words[1]).toString();
    const [value] = JSON.parse(text) as [unknown];
    if (this.words[0] === 1) return (value ?? undefined) as R;
    const { name, code, message } = value as { name: string; code?: string; message: string };
    throw Object.assign(new Error(message), { name, code });
  }

  /** The name of the error that it threw. */
  error(): string | undefined {
    try {
      this.result();
      return undefined;
    } catch (error) {
      return (error as Error).name;
    }
  }

  /** Until the thread has ended, too. */
  join(): R {
    const result = this.result();
    this.thread?.join(LIMIT / 1000);
    return result;
  }
}

class Plain {
  private readonly bell = new SharedArrayBuffer(4);
  readonly worker = new Worker(FIXTURE, { workerData: { peer: { bell: this.bell } } });
  call: Call | undefined;

  constructor() {
    this.worker.unref();
  }

  send(call: Call, source: string, file: string, args: unknown[]): void {
    this.call = call;
    this.worker.postMessage({ source, file, slot: call.slot, args: strip(args) });
    Atomics.add(new Int32Array(this.bell), 0, 1);
    Atomics.notify(new Int32Array(this.bell), 0);
  }
}

const plain: Plain[] = [];

/** Ends all plain workers, whatever they do. */
export async function terminatePeers(): Promise<void> {
  await Promise.all(plain.splice(0).map(({ worker }) => worker.terminate()));
}

function strip(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strip);
  return typeof value === 'object' && value !== null && 'handle' in value ? { handle: value.handle } : value;
}

/** Starts threads of one kind. */
export function starter(kind: Kind, file: string) {
  return function start<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Call<Awaited<R>> {
    const call = new Call<Awaited<R>>();
    if (kind === 'Thread') {
      call.thread = new Thread({ target: peer().run, args: [fn.toString(), file, call.slot, args], daemon: true });
      call.thread.start();
    } else {
      let idle = plain.find((one) => !one.call || one.call.done);
      if (!idle) plain.push((idle = new Plain()));
      idle.send(call, fn.toString(), file, args);
    }
    return call;
  };
}

function peer(): { run: () => void } {
  return require('../fixtures/peer.js') as { run: () => void };
}

interface Words {
  _w: Int32Array;
  _i: number;
  _cell: number;
}
const WAITERS = 5;

/** How many wait at a primitive: threads that sleep, and promises. */
export function waiting(primitive: object): number {
  const { _w, _i } = primitive as Words;
  return Atomics.load(_w, _i + WAITERS);
}

const nap = new Int32Array(new SharedArrayBuffer(4));

/** Blocks until `state` holds. */
export function until(state: () => boolean, what = state.toString()): void {
  const end = performance.now() + LIMIT;
  while (!state()) {
    if (performance.now() > end) throw new Error(`not so after ${LIMIT} ms: ${what}`);
    Atomics.wait(nap, 0, 0, 1);
  }
}

/** The same, with the event loop running. */
export async function eventually(state: () => boolean, what = state.toString()): Promise<void> {
  const end = performance.now() + LIMIT;
  while (!state()) {
    if (performance.now() > end) throw new Error(`not so after ${LIMIT} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** Blocks until exactly `n` wait at a primitive. */
export function untilWaiting(primitive: object, n: number): void {
  until(() => waiting(primitive) === n, `${n} wait (${waiting(primitive)} do)`);
}

/** Words that all threads see. */
export function shared(length: number): Int32Array {
  return new Int32Array(new SharedArrayBuffer(length * 4));
}

/** An ordered record that all threads append to: a word with the length, then the entries. */
export class Log {
  readonly words = shared(256);
  get values(): number[] {
    return [...this.words.slice(1, 1 + Atomics.load(this.words, 0))];
  }
}

/** Seconds that a call took. */
export function seconds(fn: () => unknown): number {
  const begun = performance.now();
  fn();
  return (performance.now() - begun) / 1000;
}

/** What a call throws. */
export function thrown(fn: () => unknown): { name: string; code?: string; message: string } {
  try {
    fn();
  } catch (error) {
    return error as Error;
  }
  throw new Error('nothing was thrown');
}
