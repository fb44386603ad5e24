// A program in TypeScript that nobody has compiled: `typescript.mts typescript NAME...`, as run.cjs does for the others. Its
// threads import the same files, so the runtime takes the types away there as well.
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { importable, is_main } from 'nogil';
import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { Queue } from 'nogil/queue';
import { RLock, Thread } from 'nogil/threading';
import { Adder, type Answer, answer, triple } from './typescript-work.mts';

const assert = createRequire(import.meta.url)('./assert.cjs');
const LIMIT = 60;
const offset: number = 1;

/** Takes a variable of the program itself. */
export function next(to: Queue<number>, n: number): void {
  to.put(n + offset);
}

function finish(thread: Thread): void {
  thread.start();
  thread.join(LIMIT);
  assert.equal(thread.is_alive(), false, 'the thread has ended');
}

const cases: Record<string, () => void | Promise<void>> = {
  named(): void {
    const answers = new Queue<number>();
    finish(new Thread({ target: importable<typeof next>(import.meta.url, 'next'), args: [answers, 1] }));
    assert.equal(answers.get_nowait(), 2);
  },

  entry(): void {
    const answers = new Queue<number>();
    finish(new Thread({ target: next, args: [answers, 1] }));
    assert.equal(answers.get_nowait(), 2);
  },

  thread(): void {
    const answers = new Queue<Answer>();
    finish(new Thread({ target: answer<RLock>, args: [answers, new RLock(), 1, 2] }));
    assert.deepEqual(answers.get_nowait(), { from: 'thread', values: [3, 6] });
  },

  subclass(): void {
    const adder = new Adder();
    adder.terms = [1, 2, 3];
    adder.sums = new Queue<number>();
    finish(adder);
    assert.equal(adder.sums.get_nowait(), 6);
  },

  async pool(): Promise<void> {
    const executor = new ThreadPoolExecutor({ max_workers: 2 });
    assert.deepEqual([...executor.map(triple, [1, 2, 3])], [3, 6, 9]);
    assert.equal(executor.submit((a: number, b: number): number => a + b, 1, 2).result(LIMIT), 3);
    assert.equal(await executor.submit(triple, 4), 12);
    executor.shutdown();
  },
};

if (is_main(import.meta.url)) {
  for (const name of process.argv.slice(3)) {
    const run = cases[name];
    if (!run) throw new Error(`no case ${name} in typescript`);
    await run();
    writeSync(1, 'done\n');
  }
}
