// The first demo: SHA-256 of every file below a folder, by threads that share the list of files.
import { writeFileSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { Thread } from 'nogil/threading';
import { bytes_read, DIGEST_BYTES, failure_of, hash_files, new_work, REPORT_LENGTH, type Work } from './hash_files.mts';
import { type LockStatistics } from './measured_lock.mts';
import { type Paths, share_paths } from './paths.mts';
import { with_progress } from './progress.mts';
import { compare_with_sha256sum, sha256sum_line } from './sha256sum.mts';
import { amount, megabytes, milliseconds, print_load, seconds, table } from './table.mts';
import { type File, print_failures, print_others, walk } from './walk.mts';

export interface Sha256Settings {
  /** An absolute path. */
  folder: string;
  /** How many threads, for each run. */
  threads: readonly number[];
  /** Where to write the digests. */
  output: string | undefined;
}

interface Run extends LockStatistics {
  threads: number;
  seconds: number;
  work: Work;
}

/** @returns whether all runs, and sha256sum, agree */
export async function sha256_demo({ folder, threads, output }: Sha256Settings): Promise<boolean> {
  const { files, others, failures } = walk(folder);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  console.log(`SHA-256 of the ${amount(files.length, 'file')} below ${folder} (${megabytes(bytes)} MB)`);
  print_others(others);

  const paths = share_paths(files);
  // Untimed, so that every run finds the files in the system's cache and the threads' code compiled.
  await run(paths, Math.max(...threads), bytes, 'reading once');
  const runs: Run[] = [];
  for (const count of threads) runs.push(await run(paths, count, bytes, amount(count, 'thread')));

  const { work } = runs[0];
  const digests = digests_of(work, files);
  const readable = digests.filter((hex) => hex !== undefined).length;
  print(runs, readable, bytes_read(work));
  print_load();
  for (const [i, { path }] of files.entries()) {
    const errno = failure_of(work, i);
    if (errno !== undefined) failures.push({ path, code: getSystemErrorName(errno) });
  }
  print_failures(failures);

  if (output !== undefined) writeFileSync(output, list_of(files, digests, folder));
  const same = runs.every((other) => Buffer.compare(other.work.digests, work.digests) === 0);
  if (!same) console.log('the runs differ: has a file changed in the meantime?');
  return compare_with_sha256sum(files, digests) && same;
}

async function run(paths: Paths, count: number, bytes: number, label: string): Promise<Run> {
  const work = new_work(paths);
  const reports = Array.from({ length: count }, () => new Float64Array(new SharedArrayBuffer(REPORT_LENGTH * 8)));
  const threads = reports.map((report) => new Thread({ target: hash_files, args: [work, report] }));
  const begun = performance.now();
  for (const thread of threads) thread.start();
  await with_progress(label, bytes, () => bytes_read(work), Promise.all(threads.map((thread) => thread.join_async())));
  const seconds = (performance.now() - begun) / 1000;
  const sum = (place: number): number => reports.reduce((total, report) => total + report[place], 0);
  return { threads: count, seconds, work, acquisitions: sum(0), contended: sum(1), waited: sum(2) };
}

/** In hexadecimal; undefined where a file could not be read. */
function digests_of(work: Work, files: readonly File[]): (string | undefined)[] {
  const all = Buffer.from(work.digests.buffer);
  return files.map((_, i) => {
    return failure_of(work, i) === undefined ? all.toString('hex', i * DIGEST_BYTES, (i + 1) * DIGEST_BYTES) : undefined;
  });
}

function list_of(files: readonly File[], digests: readonly (string | undefined)[], folder: string): Buffer {
  const prefix = Buffer.byteLength(folder) + 1;
  return Buffer.concat(
    files.flatMap(({ path }, i) => {
      const hex = digests[i];
      return hex === undefined ? [] : [sha256sum_line(hex, path.subarray(prefix))];
    }),
  );
}

function print(runs: readonly Run[], files: number, bytes: number): void {
  const [first] = runs;
  console.log(
    table(
      ['threads', 'files', 'MB', 'time/s', 'MB/s', 'speed-up', 'lock: acquired', 'contended', 'waited/ms'],
      runs.map((run) => [
        String(run.threads),
        String(files),
        megabytes(bytes),
        seconds(run.seconds),
        (bytes / 1e6 / run.seconds).toFixed(0),
        (first.seconds / run.seconds).toFixed(2),
        String(run.acquisitions),
        String(run.contended),
        milliseconds(run.waited),
      ]),
    ),
  );
}
