import { Presets, SingleBar } from 'cli-progress';
import { megabytes } from './table.mts';

const REFRESH_MS = 50;

/**
 * Awaits `work`, with a progress bar where standard output is a terminal.
 *
 * @param total - bytes
 * @param done - how many of them are done
 */
export async function with_progress<T>(label: string, total: number, done: () => number, work: Promise<T>): Promise<T> {
  if (!process.stdout.isTTY || total === 0) return await work;
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
  // A file may have grown since it was listed.
  const timer = setInterval(() => bar.update(Math.min(done(), total)), REFRESH_MS);
  try {
    return await work;
  } finally {
    clearInterval(timer);
    bar.stop();
  }
}
