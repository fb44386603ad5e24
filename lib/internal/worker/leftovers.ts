/**
 * Whether a worker is as it was before a target ran. One that is not, is not used again: what was left
 * behind would run, or be seen, in the midst of another thread.
 */

/** What a worker holds before it has run anything. */
let resources = 0;
let globals = 0;
let handlers = 0;

function activeResources(): number {
  // What keeps the event loop alive: sockets, timers, files being read, ports. Node tells of nothing else (`unref()`).
  return process.getActiveResourcesInfo().length;
}

export function noteBaseline(): void {
  resources = activeResources();
  globals = Object.keys(globalThis).length;
  handlers = errorHandlers();
}

/** Listeners that would take the next thread's errors for themselves. */
function errorHandlers(): number {
  return process.listenerCount('uncaughtException') + process.listenerCount('unhandledRejection');
}

/** Whether something is under way that the target began. */
export function hasLeftovers(): boolean {
  return activeResources() > resources;
}

/** The slower look: at global variables and handlers of errors too. */
export function isClean(): boolean {
  return !hasLeftovers() && Object.keys(globalThis).length === globals && errorHandlers() === handlers;
}
