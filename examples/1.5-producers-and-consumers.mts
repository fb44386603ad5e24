// 1.5  Three producers and two consumers around one queue. `npm run example -- 1.5 10` has each producer make ten items.
import { is_main } from 'nogil';
import { Queue } from 'nogil/queue';
import { Thread } from 'nogil/threading';
import { sleep } from './pace.mts';

export function produce(name: string, queue: Queue<string>, count: number): void {
  for (let i = 1; i <= count; i++) {
    const item = `item ${i} of ${name}`;
    queue.put(item);
    console.log(`${name} put ${item}, ${queue.qsize()} in the queue`);
    sleep(1);
  }
}

export function consume(name: string, queue: Queue<string>): void {
  for (const item of queue) {
    console.log(`${name} got ${item}, ${queue.qsize()} in the queue`);
    sleep(2);
  }
}

function main(): void {
  const count = Number(process.argv[2] ?? 4);
  const queue = new Queue<string>(100);
  const producers = [1, 2, 3].map((i) => new Thread({ target: produce, args: [`producer ${i}`, queue, count] }));
  const consumers = [1, 2].map((i) => new Thread({ target: consume, args: [`consumer ${i}`, queue] }));
  for (const thread of [...producers, ...consumers]) thread.start();
  for (const thread of producers) thread.join();
  // What is in the queue is still consumed; then the consumers' loops end.
  queue.shutdown();
  for (const thread of consumers) thread.join();
  console.log(`the end, ${queue.qsize()} in the queue`);
}

if (is_main(import.meta.url)) main();
