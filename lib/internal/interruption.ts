/**
 * What a thread does when its wait was given up because it is to end.
 */

/**
 * Never returns. A native wait can not be terminated by Node, an `Atomics.wait` can: whoever stops
 * this thread is about to do that.
 */
export function stopHere(): never {
  const never = new Int32Array(new SharedArrayBuffer(4));
  for (;;) Atomics.wait(never, 0, 0);
}
