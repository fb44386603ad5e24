/**
 * What the main thread does for others, on its event loop or in the midst of a blocking wait; and how
 * the process ends.
 */
import { isMainThread } from 'node:worker_threads';
import { serveRequests } from '../codec';
import { onService } from '../environment';
import { onBeforeExit } from '../host';
import { pooled } from '../pooled';
import { forwardWarnings } from '../handles';
import { native } from '../native';
import { fillShortage, hasWorkers, makeRequested, onStart, terminateDoomed } from './pool';
import { forwardWarning, takeMail } from './report';

let held = false;

/** Keeps the event loop alive while there are threads that the process has to wait for. */
function holdForThreads(): void {
  // As Python's exit does: pools take no more work, and their threads end when they have done theirs.
  if (isMainThread) native.poolShutdownAll();
  // The main thread for all of them; a worker that we did not make, for those that would end with it.
  if (held || (!isMainThread && !hasWorkers()) || !native.waitForThreads()) return;
  if (isMainThread) native.mainEnded();
  held = true;
  native.hold();
}

function beforeExit(): void {
  holdForThreads();
  // Listeners that come after this one may start threads still, and the event loop may turn on because of them.
  onStart(holdForThreads);
}

function releaseHold(): void {
  if (!held || native.waitForThreads()) return;
  held = false;
  native.unhold();
}

forwardWarnings(forwardWarning);
onService(serveRequests);
onService(terminateDoomed);
if (isMainThread) {
  onService(makeRequested);
  onService(fillShortage);
  onService(takeMail);
}
if (!pooled) {
  onService(releaseHold);
  onBeforeExit(beforeExit);
}
