import { Presets, SingleBar } from 'cli-progress';
import { megabytes } from './table.mts';

const REFRESH_MS = 50;

interface Progress {
  update(done: number): void;
  stop(): void;
}

/** A progress bar where standard output is a terminal, and otherwise nothing. */
export function start_progress(label: string, total: number): Progress {
  if (!process.stdout.isTTY || total === 0) return { update: () => undefined, stop: () => undefined };
  const bar = new SingleBar(
    {
      format: `${label.padEnd(12)} {bar} {percentage}%  {value} of {total} MB`,
      formatValue: (value, _, type) => (type === 'percentage' ? String(value).padStart(3) : megabytes(value)),
      stream: process.stdout,
      hideCursor: true,
      clearOnComplete: true,
    },
    Presets.shades_classic,
  );
  bar.start(total, 0);
  return {
    // A file may have grown since it was listed.
    update: (done) => bar.update(Math.min(done, total)),
    stop: () => bar.stop(),
  };
}

/**
 * Awaits `work`, with a progress bar.
 *
 * @param total - bytes
 * @param done - how many of them are done
 */
export async function with_progress<T>(label: string, total: number, done: () => number, work: Promise<T>): Promise<T> {
  const progress = start_progress(label, total);
  const timer = setInterval(() => progress.update(done()), REFRESH_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    progress.stop();
  }
}
