import { join } from 'node:path';
import { until } from '../helpers/peers';

const { native } = require(join(__dirname, '..', '..', 'dist', 'internal', 'native.js')) as {
  native: { queueWaiting(queue: number): [number, number, number] };
};

/** How many wait at a queue, threads and promises. */
export function waitingAt(queue: object): { get: number; put: number; join: number } {
  const [get, put, joined] = native.queueWaiting((queue as { _cell: number })._cell);
  return { get, put, join: joined };
}

/** Blocks until exactly so many wait. */
export function untilWaitingAt(queue: object, expected: Partial<ReturnType<typeof waitingAt>>): void {
  const what = { get: 0, put: 0, join: 0, ...expected };
  until(() => JSON.stringify(waitingAt(queue)) === JSON.stringify(what), JSON.stringify(what));
}
