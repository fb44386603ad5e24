// 3.3  map() makes one request for each address, and gives the results in the order of the addresses.
import { is_main } from 'nogil';
import { ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { start_web_server } from './web_server.mts';

export async function request_data(url: string): Promise<[url: string, status: number]> {
  const response = await fetch(url, { signal: AbortSignal.timeout(5000) });
  return [url, response.status];
}

function main(): void {
  const server = start_web_server();
  const urls = ['picture-9.gif', 'picture-1.gif', 'no-picture', 'picture-3.gif'].map((name) => `${server}/${name}`);
  using executor = new ThreadPoolExecutor({ max_workers: 3 });
  for (const [url, status] of executor.map(request_data, urls)) console.log(url, status);
}

if (is_main(import.meta.url)) main();
