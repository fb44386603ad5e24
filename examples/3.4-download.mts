// 3.4  The pictures of 3.1 are saved to files, and the results collected.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { is_main } from 'nogil';
import { as_completed, ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { current_thread } from 'nogil/threading';
import { start_web_server } from './web_server.mts';

export async function download(url: string, folder: string): Promise<string> {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url} answers with status ${response.status}`);
  const file = join(folder, basename(url));
  await writeFile(file, Buffer.from(await response.arrayBuffer()));
  console.log(`${current_thread().name} saved ${basename(url)}`);
  return file;
}

function main(): void {
  const server = start_web_server();
  const folder = mkdtempSync(join(tmpdir(), 'pictures-'));
  using pool = new ThreadPoolExecutor({ max_workers: 3, thread_name_prefix: 'download' });

  const futures = ['picture-3.gif', 'picture-2.gif', 'missing.gif', 'picture-1.gif'].map((name) => {
    const future = pool.submit(download, `${server}/${name}`, folder);
    console.log(future);
    return future;
  });

  const files: string[] = [];
  for (const future of as_completed(futures)) {
    const error = future.exception();
    if (error instanceof Error) console.log(`failed: ${error.message}`);
    else files.push(future.result());
  }
  console.log(`${files.length} of ${futures.length} pictures, in the folder: ${readdirSync(folder).sort().join(', ')}`);
  rmSync(folder, { recursive: true });
}

if (is_main(import.meta.url)) main();
