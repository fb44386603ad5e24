// A process in which one thread starts and ends, the first one.   first-thread.mjs nogil|Worker FOLDER
// prints {"first": milliseconds from start to joined}
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { threadingOf } from './nogil.mjs';

const [, , kind, folder] = process.argv;
const module = fileURLToPath(new URL('../tasks/nothing.cjs', import.meta.url));

async function first() {
  if (kind === 'Worker') {
    const start = performance.now();
    await new Promise((resolve) => new Worker(module).once('exit', resolve));
    return performance.now() - start;
  }
  const { Thread } = threadingOf(folder);
  const { nothing } = createRequire(import.meta.url)(module);
  const start = performance.now();
  const thread = new Thread({ target: nothing });
  thread.start();
  thread.join();
  return performance.now() - start;
}

console.log(JSON.stringify({ first: await first() }));
