// 1.4  Two things at once, in daemon threads that the main thread joins.
import { is_main } from 'nogil';
import { Thread, current_thread } from 'nogil/threading';
import { ctime } from 'nogil/time';
import { sleep } from './pace.mts';

export function coding(language: string): void {
  for (let i = 0; i < 5; i++) {
    console.log(`I'm coding ${language}: ${ctime()}`);
    sleep(1);
  }
}

export function music(): void {
  for (let i = 0; i < 5; i++) {
    console.log(`I'm listening to music: ${ctime()}`);
    sleep(2);
  }
}

function main(): void {
  console.log(`thread ${current_thread().name} is running`);
  const threads = [new Thread({ target: coding, args: ['Python'] }), new Thread({ target: music })];
  for (const thread of threads) {
    thread.daemon = true;
    thread.start();
  }
  for (const thread of threads) thread.join();
  console.log(`thread ${current_thread().name} ended`);
}

if (is_main(import.meta.url)) main();
