// The stages of the pipeline: what its threads run.
import { type Queue } from 'nogil/queue';
import { type Paths } from './paths.mts';
import { type Counts, count_words, merge, new_report, type ReadReport, read_texts } from './words.mts';

/** The first: reads the files. `progress` counts the bytes. */
export function read(paths: Paths, texts: Queue<string>, progress: BigInt64Array): ReadReport {
  const report = new_report();
  for (const text of read_texts(paths, report, (bytes) => Atomics.add(progress, 0, BigInt(bytes)))) texts.put(text);
  return report;
}

/** The second, in several threads: counts the words of each text. */
export function tokenise(texts: Queue<string>, counts: Queue<Counts>): void {
  for (const text of texts) counts.put(count_words(text, new Map()));
}

/** The last: adds the counts up. */
export function reduce(counts: Queue<Counts>): Counts {
  const total: Counts = new Map();
  for (const more of counts) merge(total, more);
  return total;
}
