/** Another process for tests, which runs functions that use their parameters, `require` and `kept` only. */
import { Process, SimpleQueue } from 'nogil/multiprocessing';

/** Outer limit of every step, in seconds: a hang is a failure and no stuck run. */
export const LIMIT = 60;
const { serve } = require('./fixtures/serve.cjs');

const running = new Set<Peer>();

export class Peer {
  private readonly calls = new SimpleQueue();
  private readonly answers = new SimpleQueue();
  readonly process = new Process({ target: serve, args: [this.calls, this.answers], daemon: true });

  constructor() {
    this.process.start();
    running.add(this);
  }

  /** Has it begin a call, whose {@link result} must be asked for. */
  begin<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): void {
    this.calls.put([fn.toString(), args]);
  }

  result(): any {
    const [ok, value] = this.answers.get(true, LIMIT) as [boolean, any];
    if (ok) return value;
    throw Object.assign(new Error(value.message), { name: value.name, code: value.code });
  }

  call<A extends unknown[], R>(fn: (...args: A) => R, ...args: A): Awaited<R> {
    this.begin(fn, ...args);
    return this.result();
  }

  /** The name of the error that a call throws. */
  error<A extends unknown[]>(fn: (...args: A) => unknown, ...args: A): string | undefined {
    try {
      this.call(fn, ...args);
      return undefined;
    } catch (error) {
      return (error as Error).name;
    }
  }

  kill(): void {
    this.process.kill();
    this.process.join(LIMIT);
    running.delete(this);
  }

  /** Ends it as it should; the code that it ended with. */
  end(): number | undefined {
    this.calls.put(null);
    this.process.join(LIMIT);
    running.delete(this);
    return this.process.exitcode;
  }
}

/** For `afterAll`. */
export function endPeers(): void {
  for (const peer of [...running]) peer.kill();
}
