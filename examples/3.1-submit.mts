// 3.1  A pool of three threads downloads pictures; each result is printed as soon as it is there.
import { is_main } from 'nogil';
import { as_completed, ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { start_web_server } from './web_server.mts';

export async function download(url: string): Promise<string> {
  const response = await fetch(url);
  const picture = await response.arrayBuffer();
  return `${url} has ${picture.byteLength} bytes`;
}

function main(): void {
  const server = start_web_server();
  const urls = [9, 6, 3, 1, 2].map((n) => `${server}/picture-${n}.gif`);

  using pool = new ThreadPoolExecutor({ max_workers: 3 });
  const futures = urls.map((url) => pool.submit(download, url));
  for (const future of futures) console.log(future);
  for (const future of as_completed(futures)) console.log(future.result());
}

if (is_main(import.meta.url)) main();
