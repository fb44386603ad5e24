/**
 * Joins this isolate to the process's native state. Loaded before any primitive is made.
 */
import { isMainThread } from 'node:worker_threads';
import { dispatch } from './async_waits';
import { onBeforeExit } from './host';
import { native } from './native';
import { pooled } from './pooled';
import { self } from './self';
import { stopThreadsAtExit } from './worker/process_end';

const services: (() => void)[] = [];

/**
 * Has `service` called, soon, whenever another thread asks for this one's services: on the event
 * loop, or in the midst of a blocking wait. It may be asked for nothing.
 */
export function onService(service: () => void): void {
  services.push(service);
}

function serve(): void {
  const { serving } = self;
  self.serving = true;
  for (const service of services) {
    try {
      service();
    } catch (error) {
      // An error here would be taken for the end of the isolate by the native side.
      queueMicrotask(() => {
        throw error;
      });
    }
  }
  self.serving = serving;
}

self.number = native.setup(dispatch, serve, isMainThread, pooled);

if (isMainThread) {
  stopThreadsAtExit();
} else if (!pooled) {
  // A natural end is announced by `beforeExit`; `process.exit()` and errors are not.
  onBeforeExit(() => native.endsNormally(true));
}
