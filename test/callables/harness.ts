import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { describeTarget, type TargetRef } from '../../dist/internal/callables';

export interface Outcome {
  value?: any;
  error?: Error;
  code?: string;
  cause?: string;
  /** Whether the second look-up of the reference gave the function at once. */
  sync: boolean;
  name: string;
  importing: boolean;
}

export const FIXTURES = join(__dirname, 'fixtures');

const { importModule: load } = require('./fixtures/import.cjs') as {
  importModule: (url: string) => Promise<Record<string, any>>;
};

/** Imports an ES module, as `import()` would if TypeScript left it alone. */
export const importModule = (path: string, query = ''): Promise<Record<string, any>> => load(pathToFileURL(path).href + query);

/** A worker that resolves references. */
export class Runner {
  private readonly worker = new Worker(join(FIXTURES, 'worker.cjs'));

  resolve(ref: TargetRef, args: unknown[] = [], construct = false): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.worker.once('message', (outcome: Outcome) => {
        this.worker.off('error', reject);
        resolve(outcome);
      });
      this.worker.once('error', reject);
      this.worker.postMessage({ ref, args, construct });
    });
  }

  /** Sends `fn` over and gives what it returned. */
  async run(fn: (...args: any[]) => unknown, ...args: unknown[]): Promise<any> {
    const { value, error } = await this.resolve(describeTarget(fn, "Thread(): 'target'"), args);
    if (error) throw error;
    return value;
  }

  close(): Promise<number> {
    return this.worker.terminate();
  }
}

/** The message of the TypeError with which `fn` is refused. */
export function refusal(fn: unknown): string {
  try {
    describeTarget(fn, "Thread(): 'target'");
  } catch (error) {
    if (error instanceof TypeError) return error.message;
    throw error;
  }
  throw new Error('the function was accepted');
}
