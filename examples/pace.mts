// Real time, or NOGIL_EXAMPLE_SPEED times as fast, for the tests.
import * as time from 'nogil/time';

const speed = Number(process.env.NOGIL_EXAMPLE_SPEED ?? 1);

/** How long that many seconds of the example take. */
export function paced(seconds: number): number {
  return seconds / speed;
}

/** Sleeps for that many seconds of the example. */
export function sleep(seconds: number): void {
  time.sleep(paced(seconds));
}
