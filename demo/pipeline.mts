// The second demo: counts the words of every text file below a folder, through a pipeline of bounded queues.
import { writeFileSync } from 'node:fs';
import { type Future, ThreadPoolExecutor } from 'nogil/concurrent/futures';
import { Queue } from 'nogil/queue';
import { type Paths, share_paths } from './paths.mts';
import { start_progress, with_progress } from './progress.mts';
import { read, reduce, tokenise } from './stages.mts';
import { amount, megabytes, print_load, seconds, table } from './table.mts';
import { print_failures, print_others, walk } from './walk.mts';
import { type Counts, count_words, new_report, type ReadReport, read_texts } from './words.mts';

/** Items in a queue; a stage that is ahead waits, and memory stays bounded. */
const QUEUE_SIZE = 16;
const MOST_FREQUENT = 10;

export interface PipelineSettings {
  /** An absolute path. */
  folder: string;
  /** How many tokenisers, for each run. */
  threads: readonly number[];
  /** Where to write the counts. */
  output: string | undefined;
}

interface Run {
  label: string;
  seconds: number;
  report: ReadReport;
  words: Counts;
}

/** @returns whether every pipeline counts what one thread counts */
export async function pipeline_demo({ folder, threads, output }: PipelineSettings): Promise<boolean> {
  const { files, others, failures } = walk(folder);
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  console.log(`Words of the text files among the ${amount(files.length, 'file')} below ${folder} (${megabytes(bytes)} MB)`);
  print_others(others);

  const paths = share_paths(files);
  const alone = in_one_thread(paths, bytes);
  const runs = [alone];
  for (const count of threads) runs.push(await in_pipeline(paths, count, bytes));

  const frequent = by_frequency(runs.at(-1)!.words);
  print(runs);
  print_load();
  if (frequent.length > 0) {
    console.log(
      `most frequent: ${frequent
        .slice(0, MOST_FREQUENT)
        .map(([word, count]) => `${word} (${count})`)
        .join(', ')}`,
    );
  }
  if (output !== undefined) writeFileSync(output, frequent.map(([word, count]) => `${count} ${word}\n`).join(''));
  for (const { file, code } of alone.report.failures) failures.push({ path: files[file].path, code });
  print_failures(failures);
  const different = runs.filter(({ words }) => !equal(words, alone.words));
  for (const { label } of different) console.log(`${label}: other counts than in one thread`);
  if (different.length === 0) console.log('every pipeline counts what one thread counts');
  return different.length === 0;
}

function in_one_thread(paths: Paths, bytes: number): Run {
  const label = 'one thread';
  const report = new_report();
  const words: Counts = new Map();
  const progress = start_progress(label, bytes);
  let done = 0;
  const begun = performance.now();
  for (const text of read_texts(paths, report, (length) => progress.update((done += length)))) count_words(text, words);
  const seconds = (performance.now() - begun) / 1000;
  progress.stop();
  return { label, seconds, report, words };
}

async function in_pipeline(paths: Paths, tokenisers: number, bytes: number): Promise<Run> {
  const label = `1 + ${tokenisers} + 1`;
  const progress = new BigInt64Array(new SharedArrayBuffer(8));
  const texts = new Queue<string>(QUEUE_SIZE);
  const counts = new Queue<Counts>(QUEUE_SIZE);
  const begun = performance.now();
  await using pool = new ThreadPoolExecutor({ max_workers: tokenisers + 2 });

  const reading = pool.submit(read, paths, texts, progress);
  const tokenising = Array.from({ length: tokenisers }, () => pool.submit(tokenise, texts, counts));
  const reducing = pool.submit(reduce, counts);
  // A stage that fails would leave its neighbours waiting.
  let failure: unknown;
  const stop = (error: unknown): void => {
    failure ??= error;
    texts.shutdown(true);
    counts.shutdown(true);
  };
  for (const future of [reading, ...tokenising, reducing] as Future[]) future.catch(stop);

  const finish = async (): Promise<[ReadReport, Counts]> => {
    const report = await reading;
    texts.shutdown();
    await Promise.all(tokenising);
    counts.shutdown();
    return [report, await reducing];
  };
  try {
    const [report, words] = await with_progress(label, bytes, () => Number(Atomics.load(progress, 0)), finish());
    return { label, seconds: (performance.now() - begun) / 1000, report, words };
  } catch (error) {
    throw failure ?? error;
  }
}

function equal(a: Counts, b: Counts): boolean {
  return a.size === b.size && [...a].every(([word, count]) => b.get(word) === count);
}

function by_frequency(words: Counts): [word: string, count: number][] {
  return [...words].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
}

function total(words: Counts): number {
  let sum = 0;
  for (const count of words.values()) sum += count;
  return sum;
}

function print(runs: readonly Run[]): void {
  const [alone] = runs;
  console.log(
    table(
      ['threads', 'text files', 'MB', 'words', 'different', 'time/s', 'MB/s', 'speed-up'],
      runs.map(({ label, seconds: time, report, words }) => [
        label,
        String(report.files),
        megabytes(report.bytes),
        String(total(words)),
        String(words.size),
        seconds(time),
        (report.bytes / 1e6 / time).toFixed(0),
        (alone.seconds / time).toFixed(2),
      ]),
    ),
  );
}
