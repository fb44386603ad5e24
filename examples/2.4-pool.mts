// 2.4  A pool of three processes: `apply` waits for each result, `apply_async` for none until it is asked for.
import { is_main } from 'nogil';
import { Pool } from 'nogil/multiprocessing';

export function my_flow(n: number): number {
  let total = 0;
  for (let i = 0; i < n; i++) total += i;
  return total;
}

function main(): void {
  const numbers = [500_000, 600_000];

  const blocking = new Pool({ processes: 3 });
  for (const n of numbers) console.log(`apply: ${blocking.apply(my_flow, [n])}`);
  blocking.close();
  blocking.join();

  const pool = new Pool({ processes: 3 });
  const results = numbers.map((n) => pool.apply_async(my_flow, [n]));
  pool.close();
  pool.join();
  for (const result of results) console.log(`apply_async: ${result.get()}`);
}

if (is_main(import.meta.url)) main();
