// fastq: a queue within one thread. Each hundred items wait in it before they are worked off.
import { createRequire } from 'node:module';
import { kinds } from '../harness/items.mjs';

const fastq = createRequire(import.meta.url)('fastq');
const WAITING = 100;

export default function make({ kind }) {
  const { make: item, weigh } = kinds[kind];
  return ({ count }) => {
    let sum = 0;
    const queue = fastq((task, done) => {
      sum += weigh(task);
      done(null);
    }, 1);
    const ignore = () => undefined;
    const start = performance.now();
    for (let i = 0; i < count;) {
      queue.pause();
      for (const end = Math.min(count, i + WAITING); i < end; i++) queue.push(item(i), ignore);
      queue.resume();
    }
    return { ms: performance.now() - start, sum };
  };
}
