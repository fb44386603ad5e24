// 2.5  An executor of three processes: each result is printed as soon as it is there.
import { is_main } from 'nogil';
import { as_completed, ProcessPoolExecutor } from 'nogil/concurrent/futures';

export function my_flow(n: number): [n: number, total: number] {
  let total = 0;
  for (let i = 0; i < n; i++) total += i;
  return [n, total];
}

function main(): void {
  using executor = new ProcessPoolExecutor({ max_workers: 3 });
  const futures = [500_000, 600_000, 700_000].map((n) => executor.submit(my_flow, n));
  for (const future of as_completed(futures)) console.log(future.result());
}

if (is_main(import.meta.url)) main();
