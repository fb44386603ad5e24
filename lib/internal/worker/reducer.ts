/**
 * V8 shrinks the heap of an isolate that has been idle for some seconds. A worker that blocks can not do
 * that while it is idle: it would do it at its end, when somebody waits for that. So our workers are
 * made without it, which is a switch of the whole process, read when an isolate is made.
 *
 * No switch for the size of the young generation beside it, though that would save memory: V8 then refuses the
 * compiled code of Node's own modules, and a worker takes tens of milliseconds longer to come up.
 */
import type { Worker } from 'node:worker_threads';
import { core } from '../core_modules';
import { native } from '../native';
import { isNode } from '../runtime';

const chosenByUser = [...process.execArgv, process.env.NODE_OPTIONS ?? ''].some((option) => /memory[-_]reducer/.test(option));

/** Makes a worker whose isolate is without. */
export function withoutReducer(make: () => Worker): Worker {
  if (chosenByUser || !isNode) return make();
  // Asked for now: some workers come up when jest has taken its `require` down.
  const { setFlagsFromString } = core.v8;
  native.isolatesComing(1);
  setFlagsFromString('--no-memory-reducer');
  let comes = true;
  const came = (): void => {
    if (comes && native.isolatesComing(-1) === 0) setFlagsFromString('--memory-reducer');
    comes = false;
  };
  try {
    return make().once('online', came).once('exit', came);
  } catch (error) {
    came();
    throw error;
  }
}
