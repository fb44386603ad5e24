// 2.2  A process with an argument: both print their process ids.
import { is_main } from 'nogil';
import { Process } from 'nogil/multiprocessing';
import { getpid } from 'nogil/os';

export function run_proc(name: string): void {
  console.log(`child process ${name}, pid ${getpid()}`);
}

function main(): void {
  console.log(`parent process, pid ${getpid()}`);
  const child = new Process({ target: run_proc, args: ['test'] });
  console.log('the child will start');
  child.start();
  child.join();
  console.log('the child has ended');
}

if (is_main(import.meta.url)) main();
