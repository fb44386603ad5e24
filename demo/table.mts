import { availableParallelism, loadavg } from 'node:os';

/** A table for the terminal, of right-aligned columns. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column].length)));
  const line = (cells: readonly string[]): string => cells.map((cell, column) => cell.padStart(widths[column])).join('  ');
  return ['', line(head), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line), ''].join('\n');
}

/** `1 file`, `2 files` */
export function amount(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

export function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

export function seconds(value: number): string {
  return value.toFixed(3);
}

export function milliseconds(value: number): string {
  return (value * 1000).toFixed(2);
}

/** Before the demo adds to it. */
const load = loadavg()[0];

/** Speed-ups need cores that others leave free. */
export function print_load(): void {
  const cores = availableParallelism();
  if (load > cores)
    console.log(`this machine is busy (load ${load.toFixed(1)} on ${amount(cores, 'core')}): the speed-ups say little`);
}
