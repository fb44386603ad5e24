/**
 * So many times a wait looks for what it waits for before it enters native code, where it spins for
 * longer and then sleeps. To enter takes as long as a hand-over between two threads that both run. All
 * of them together take less than a tenth of what it costs to sleep.
 */
export const LOOKS = 100;
