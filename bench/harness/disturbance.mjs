// How much of the machine other programs took while something was measured. A figure from a machine that
// did something else says little about threads, which need processors to run on; such a measurement
// is done again, a few times, and the least disturbed one counts. Linux only; elsewhere 0.
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

const JIFFY_MS = 10;

const textOf = (path) => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It has ended since the folder was read.
    return '';
  }
};

/** Milliseconds of CPU time of the processes that descend from this one, and of those of theirs that have ended. */
function descendants() {
  const children = new Map();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    // After the name, which may hold anything: state, parent, ..., then utime, stime, cutime, cstime.
    const [, fields] = textOf(`/proc/${pid}/stat`).split(/.*\) /s);
    if (!fields) continue;
    const [, parent, ...rest] = fields.split(' ').map(Number);
    const jiffies = rest.slice(9, 13).reduce((sum, time) => sum + time, 0);
    if (!children.has(parent)) children.set(parent, []);
    children.get(parent).push({ pid: Number(pid), jiffies });
  }
  const below = (pid) => (children.get(pid) ?? []).reduce((sum, child) => sum + child.jiffies + below(child.pid), 0);
  return below(process.pid) * JIFFY_MS;
}

/** Milliseconds of CPU time: of all programs, and of this process with its children and theirs. */
function read() {
  const [user, nice, system, , , irq, softirq] = textOf('/proc/stat').split('\n', 1)[0].split(/\s+/).slice(1).map(Number);
  const fields = textOf('/proc/self/stat').split(') ')[1].split(' ');
  const ended = (Number(fields[13]) + Number(fields[14])) * JIFFY_MS;
  const { user: mine, system: kernel } = process.cpuUsage();
  return {
    time: performance.now(),
    all: (user + nice + system + irq + softirq) * JIFFY_MS,
    own: (mine + kernel) / 1000 + ended + descendants(),
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
 * Repeats a measurement until others took no more than `limit` of the machine, as long as `spare.left` says that
 * it may; counts that down. The counters tick in steps of 10 ms, so a measurement of less than 100 ms can not be
 * judged well.
 */
export async function undisturbed(measure, spare, limit = 0.1) {
  let best = await observed(measure);
  for (; best.others > limit && spare.left > 0; spare.left--) {
    const one = await observed(measure);
    if (one.others < best.others) best = one;
  }
  return best;
}
