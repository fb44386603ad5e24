/** The states of a future; the table of their changes is in `native/sync/future.h`. */
export const State = { pending: 0, running: 1, cancelled: 2, cancelledSeen: 3, result: 4, exception: 5, setting: 6 } as const;

/** Whether `result()` returns or throws at once. */
export function isDone(state: number): boolean {
  return state >= State.cancelled && state <= State.exception;
}

/** Whether it counts for `wait` and `as_completed`, too: a cancellation does once an executor has seen it. */
export function isSettled(state: number): boolean {
  return state >= State.cancelledSeen && state <= State.exception;
}

/** The state as Python calls it. */
export function stateName(state: number): string {
  return ['pending', 'running', 'cancelled', 'cancelled', 'finished', 'finished', 'running'][state] ?? String(state);
}

/** What a result or exception is in the text of a future. */
export function describeClass(value: unknown): string {
  if (value === null) return 'null';
  const { constructor } = value as { constructor?: { name: string } };
  return constructor?.name ?? 'object';
}
