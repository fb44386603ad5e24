// What the threads of typescript.mts do.
import type { Queue } from 'nogil/queue';
import { type Lock, type RLock, Thread } from 'nogil/threading';

export interface Answer {
  readonly from: string;
  readonly values: readonly number[];
}

const factor: number = 3;

/** Takes a variable of its module, so it can only go as an export. */
export function triple(n: number): number {
  return factor * n;
}

export function answer<T extends Lock | RLock>(to: Queue<Answer>, lock: T, ...values: number[]): void {
  lock.with(() => to.put({ from: 'thread', values: values.map(triple) } satisfies Answer));
}

export class Adder extends Thread {
  // Gone with the types: nothing is assigned here.
  declare terms: number[];
  declare sums: Queue<number>;
  override run(): void {
    this.sums.put(this.terms.reduce((sum: number, term: number): number => sum + term, 0));
  }
}
