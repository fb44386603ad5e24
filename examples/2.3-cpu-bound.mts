// 2.3  Two calculations one after the other, as two processes, and as two threads, by which Python gains nothing here.
import { is_main } from 'nogil';
import { Process } from 'nogil/multiprocessing';
import { Thread } from 'nogil/threading';
import { perf_counter } from 'nogil/time';

export function my_flow(n: number): void {
  let total = 0;
  for (let i = 0; i < n; i++) total += i;
  console.log(`the sum of 0 to ${n - 1} is ${total}`);
}

function in_turn(numbers: number[]): void {
  for (const n of numbers) my_flow(n);
}

function in_processes(numbers: number[]): void {
  const processes = numbers.map((n) => new Process({ target: my_flow, args: [n] }));
  for (const process of processes) process.start();
  for (const process of processes) process.join();
}

function in_threads(numbers: number[]): void {
  const threads = numbers.map((n) => new Thread({ target: my_flow, args: [n] }));
  for (const thread of threads) thread.start();
  for (const thread of threads) thread.join();
}

function timed(what: string, run: (numbers: number[]) => void, numbers: number[]): void {
  const begun = perf_counter();
  run(numbers);
  console.log(`${what}: ${((perf_counter() - begun) * 1000).toFixed(1)} ms`);
}

function main(): void {
  // The tutorial's numbers take JavaScript a few milliseconds, less than threads, and processes more so, take to start.
  for (const numbers of [
    [5_000_000, 6_000_000],
    [100_000_000, 120_000_000],
  ]) {
    timed('in turn', in_turn, numbers);
    timed('as two processes', in_processes, numbers);
    timed('as two threads', in_threads, numbers);
  }
}

if (is_main(import.meta.url)) main();
