// 1.1  Two threads of the low-level module _thread tell the time, each at its own pace.
import { is_main } from 'nogil';
import { _count, start_new_thread } from 'nogil/_thread';
import { ctime } from 'nogil/time';
import { sleep } from './pace.mts';

export function print_time(thread_name: string, delay: number): void {
  for (let count = 0; count < 4; count++) {
    sleep(delay);
    console.log(`${thread_name}: ${ctime()}`);
  }
}

function main(): void {
  start_new_thread(print_time, ['thread-1', 2]);
  start_new_thread(print_time, ['thread-2', 4]);
  // Threads of _thread can not be joined, and the end of the main thread would be theirs.
  while (_count() > 0) sleep(0.1);
}

if (is_main(import.meta.url)) main();
