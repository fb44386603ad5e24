// How much of the machine other programs took while something was measured. A figure from a machine that
// did something else says little about threads, which need processors to run on; such a measurement
// is done again, a few times, and the least disturbed one counts. Linux only; elsewhere 0.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const JIFFY_MS = 10;

/** Milliseconds of CPU time: of all programs, and of this process with the children that have ended. */
function read() {
  const [user, nice, system, , , irq, softirq] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
  const children = Number(fields[13]) + Number(fields[14]);
  const { user: mine, system: kernel } = process.cpuUsage();
  return {
    time: performance.now(),
    all: (user + nice + system + irq + softirq) * JIFFY_MS,
    own: (mine + kernel) / 1000 + children * JIFFY_MS,
  };
}

/** Runs `measure`; its result and the share of the machine (0 to 1) that others had meanwhile. */
async function observed(measure) {
  if (process.platform !== 'linux') return { result: await measure(), others: 0 };
  const before = read();
  const result = await measure();
  const after = read();
  const others = after.all - before.all - (after.own - before.own);
  return { result, others: Math.max(0, others / ((after.time - before.time) * availableParallelism())) };
}

/**
 * Repeats a measurement until others took no more than `limit` of the machine, at most `tries` times.
 * The counters tick in steps of 10 ms, so a measurement of less than 100 ms can not be judged well.
 */
export async function undisturbed(measure, { limit = 0.1, tries }) {
  let best;
  for (let i = 0; i < tries && !(best?.others <= limit); i++) {
    const one = await observed(measure);
    if (!best || one.others < best.others) best = one;
  }
  return best;
}
