// Not public, but as old as Node: runs what code has queued (`nextTick`, promise reactions).
const { _tickCallback: tick } = process as unknown as { _tickCallback?: () => void };

/** Whether {@link runTicks} does anything: not in every runtime. */
export const hasTicks = tick !== undefined;

/** Runs what the code before has queued, before anybody hears of its end. */
export function runTicks(): void {
  if (tick === undefined) return;
  // With --pending-deprecation the call warns, or throws, which is no business of the program's.
  const { noDeprecation } = process;
  process.noDeprecation = true;
  try {
    tick();
  } finally {
    process.noDeprecation = noDeprecation!;
  }
}
