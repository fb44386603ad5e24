// 3.2  One request with a time limit, in a thread of a pool; result() waits for what it returns.
import { is_main } from 'nogil';
import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { start_web_server } from './web_server.mts';

export async function request_data(url: string, timeout: number): Promise<[url: string, status: number]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(timeout * 1000) });
  return [url, response.status];
}

function main(): void {
  const server = start_web_server();
  using pool = new ThreadPoolExecutor({ max_workers: 3 });
  const future = pool.submit(request_data, `${server}/picture-1.gif`, 5);
  console.log(future.result());
}

if (is_main(import.meta.url)) main();
