/**
 * Whether a worker is as it was before a target ran. One that is not, is not used again: what was left
 * behind would run, or be seen, in the midst of another thread.
 */

/** What a worker holds before it has run anything. */
let resources = 0;
let globals = 0;

function activeResources(): number {
  // What keeps the event loop alive: sockets, timers, files being read, ports.
  return process.getActiveResourcesInfo().length;
}

export function noteBaseline(): void {
  resources = activeResources();
  globals = Object.keys(globalThis).length;
}

/** Whether something is under way that the target began. */
export function hasLeftovers(): boolean {
  return activeResources() > resources;
}

/** The slower look: at global variables too. */
export function isClean(): boolean {
  return !hasLeftovers() && Object.keys(globalThis).length === globals;
}
