/** Several calls of a function in one message: what `map` of processes and pools sends. */
import { importable } from '../../internal/callables';
import { isPromiseLike } from '../../internal/promises';
import { resolveFirst } from '../../internal/worker/message';
import { call } from './task_loop';

/** Several calls in one message. */
export function mapChunk(text: string, items: unknown[]): unknown {
  return chunk(
    text,
    items.map((item) => [item]),
  );
}

/** The same with several arguments each. */
export function starmapChunk(text: string, rows: unknown[][]): unknown {
  return chunk(text, rows);
}

function chunk(text: string, rows: unknown[][]): unknown {
  const fn = resolveFirst(text);
  if (typeof fn !== 'function') return fn.then(() => chunk(text, rows));
  const results: unknown[] = [];
  for (const row of rows) {
    const result = call(fn, row);
    if (isPromiseLike(result)) return rest(fn, rows, results, result);
    results.push(result);
  }
  return results;
}

/** From the first call on that returned a promise. */
async function rest(
  fn: Parameters<typeof call>[0],
  rows: unknown[][],
  results: unknown[],
  first: PromiseLike<unknown>,
): Promise<unknown[]> {
  results.push(await first);
  while (results.length < rows.length) results.push(await call(fn, rows[results.length]));
  return results;
}

/** The two as targets. */
export const MAP_CHUNK = importable<typeof mapChunk>(__filename, 'mapChunk');
export const STARMAP_CHUNK = importable<typeof starmapChunk>(__filename, 'starmapChunk');
