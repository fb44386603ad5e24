// Reading texts and counting their words, alike for one thread and for the pipeline.
import { closeSync, openSync, readSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { StringDecoder } from 'node:string_decoder';
import { path_of, type Paths } from './paths.mts';

/** How often each word occurs. */
export type Counts = Map<string, number>;

export interface ReadReport {
  /** Text files that were read, and their bytes. */
  files: number;
  bytes: number;
  /** Files that hold something else. */
  others: number;
  /** Indices of files that could not be read. */
  failures: { file: number; code: string }[];
}

const CHUNK_BYTES = 1 << 18;
/** Characters of small files that are handed on together. */
const BATCH_CHARS = 1 << 18;
/** What has no boundary between words for longer is no language, and is cut anywhere. */
const LONGEST_WORD_CHARS = 1 << 20;

const WORD = /[\p{L}\p{M}\p{N}_]+/gu;
/** The same in texts that are all ASCII, and twice as fast. */
const ASCII_WORD = /\w+/g;

/** The texts of the files, in pieces of moderate size that end between words. */
export function* read_texts(paths: Paths, report: ReadReport, on_read: (bytes: number) => void): Iterable<string> {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let batch = '';
  for (let file = 0; file < paths.ends.length; file++) {
    try {
      for (const text of texts_of(paths, file, chunk, report, on_read)) {
        batch += text;
        if (batch.length < BATCH_CHARS) continue;
        yield batch;
        batch = '';
      }
      batch += '\n';
    } catch (error) {
      const { errno } = error as NodeJS.ErrnoException;
      if (errno === undefined) throw error;
      report.failures.push({ file, code: getSystemErrorName(errno) });
    }
  }
  if (batch !== '') yield batch;
}

function* texts_of(
  paths: Paths,
  file: number,
  chunk: Buffer,
  report: ReadReport,
  on_read: (bytes: number) => void,
): Iterable<string> {
  const decoder = new StringDecoder('utf8');
  const descriptor = openSync(path_of(paths, file), 'r');
  try {
    let rest = '';
    for (
      let length = readSync(descriptor, chunk), first = true;
      length > 0;
      length = readSync(descriptor, chunk), first = false
    ) {
      const bytes = chunk.subarray(0, length);
      on_read(length);
      // What git and grep go by.
      if (first && bytes.includes(0)) {
        report.others++;
        return;
      }
      report.bytes += length;
      const text = rest + decoder.write(bytes);
      const end = last_boundary(text, rest.length);
      yield text.slice(0, end);
      rest = text.slice(end);
    }
    report.files++;
    yield rest + decoder.end();
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Where to cut a text: behind the last character that is surely no part of a word; nowhere (0) if there
 * is none after `from`, before which there is none, unless the text is already too long to go on with.
 */
function last_boundary(text: string, from: number): number {
  for (let i = text.length; i > from; i--) {
    if (text.charCodeAt(i - 1) < 0x80 && !/\w/.test(text.charAt(i - 1))) return i;
  }
  return text.length < LONGEST_WORD_CHARS ? 0 : text.length;
}

/** Adds the words of a text to `counts`. */
export function count_words(text: string, counts: Counts): Counts {
  const pattern = /[^\x00-\x7f]/.test(text) ? WORD : ASCII_WORD;
  for (const word of text.toLowerCase().match(pattern) ?? []) {
    const count = counts.get(word);
    // A match shares the memory of the text, which a key would keep: hence the copy of each new one.
    counts.set(count === undefined ? Buffer.from(word, 'utf16le').toString('utf16le') : word, (count ?? 0) + 1);
  }
  return counts;
}

/** Adds `more` to `counts`. */
export function merge(counts: Counts, more: Counts): Counts {
  for (const [word, count] of more) counts.set(word, (counts.get(word) ?? 0) + count);
  return counts;
}

export function new_report(): ReadReport {
  return { files: 0, bytes: 0, others: 0, failures: [] };
}
