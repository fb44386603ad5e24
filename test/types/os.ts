import { type os } from 'nogil';
import { _exit, fork, kill, type wait, wait_async, waitpid, waitpid_async, WNOHANG, type WaitResult } from 'nogil/os';
import type { Equal, Expect } from './expect';

export const pid = fork();
export const waited = waitpid(pid, WNOHANG);
export const later = waitpid_async(pid, 0, { signal: AbortSignal.timeout(10) });
export const briefly = waitpid_async(pid, { signal: AbortSignal.timeout(10) });
export const any = wait_async();
export type Results = [
  Expect<Equal<typeof pid, number>>,
  Expect<Equal<typeof waited, WaitResult>>,
  Expect<Equal<typeof waited, ReturnType<typeof wait>>>,
  Expect<Equal<typeof later, Promise<WaitResult>>>,
  Expect<Equal<typeof briefly, Promise<WaitResult>>>,
  Expect<Equal<typeof any, Promise<WaitResult>>>,
  Expect<Equal<typeof os.fork, typeof fork>>,
];

kill(pid, 'SIGTERM');
kill(pid, 9);
// @ts-expect-error: no such signal
kill(pid, 'SIGNOTHING');
// @ts-expect-error: Python wants the options too
waitpid(pid);

export function end(): never {
  _exit(1);
}
