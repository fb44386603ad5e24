// One row: every competitor is measured once in each round (A B C, A B C, ...), so that whatever else the
// machine does falls on all of them alike. A first round warms everything up and is thrown away.
import { undisturbed } from './disturbance.mjs';
import { median, summarize } from './statistics.mjs';

/**
 * @typedef {object} Competitor
 * @property {string} name
 * @property {() => unknown} [start] - gets it ready; a competitor that throws here or in `measure` is reported as failed, and the others go on
 * @property {() => Promise<number | { value: number, [extra: string]: number }>} measure - one measurement, in the row's unit; extras are reported by their medians
 * @property {() => unknown} [close]
 *
 * @typedef {object} Row
 * @property {string} title
 * @property {string} unit
 * @property {'lower' | 'higher'} better
 * @property {string} [subject] - the competitor whose goals these are; default 'nogil'
 * @property {Goal[]} [goals]
 * @property {number} [rounds] - at most so many, where one takes long and varies little
 * @property {boolean} [extra] - measured by `--all` alone
 * @property {() => Promise<(Competitor | { name: string, absent: string })[]>} open
 *
 * @typedef {object} Goal - one of: `ratio` times as good as `than`, or with `slower` at most `ratio` times as bad;
 *   at most `more` above `than`; at most `most`
 * @property {string} [than]
 * @property {number} [ratio]
 * @property {boolean} [slower]
 * @property {number} [more]
 * @property {number} [most]
 */

/** @param {Row} row */
export async function measureRow(row, { rounds: wanted, without, patience }) {
  const begun = performance.now();
  const rounds = Math.min(wanted, row.rounds ?? wanted);
  const opened = await row.open();
  const leftOut = opened.filter(({ name }) => without.some((text) => name.includes(text)));
  for (const competitor of leftOut) await competitor.close?.();
  const all = opened.filter((competitor) => !leftOut.includes(competitor));
  const absent = all.filter((entry) => entry.absent).map(({ name, absent: reason }) => ({ name, reason }));
  const failed = [];
  let running = all.filter((entry) => !entry.absent);
  const samples = new Map(running.map(({ name }) => [name, []]));
  const spares = new Map(running.map(({ name }) => [name, { left: patience }]));
  const attempt = async (competitor, act) => {
    try {
      await act();
    } catch (error) {
      failed.push({ name: competitor.name, reason: firstLine(error) });
      running = running.filter((other) => other !== competitor);
      samples.delete(competitor.name);
      await competitor.close?.();
    }
  };
  try {
    for (const competitor of running) await attempt(competitor, () => competitor.start?.());
    for (let round = -1; round < rounds; round++) {
      for (const competitor of running) {
        await attempt(competitor, async () => {
          const spare = round < 0 ? { left: 0 } : spares.get(competitor.name);
          const { result, others } = await undisturbed(() => competitor.measure(), spare);
          const sample = typeof result === 'number' ? { value: result } : result;
          if (round >= 0) samples.get(competitor.name).push({ ...sample, others });
        });
      }
    }
  } finally {
    for (const competitor of running) await competitor.close?.();
  }
  const results = running.map(({ name }) => {
    const mine = samples.get(name);
    const extras = Object.keys(mine[0]).filter((key) => key !== 'value' && key !== 'others');
    return {
      name,
      ...summarize(mine.map((sample) => sample.value)),
      disturbed: median(mine.map((sample) => sample.others)),
      extras: Object.fromEntries(extras.map((key) => [key, median(mine.map((sample) => sample[key]))])),
    };
  });
  const { title, unit, better, subject = 'nogil' } = row;
  const seconds = Math.round(performance.now() - begun) / 1000;
  return { title, unit, better, subject, seconds, results, absent, failed, goals: judge(row, samples) };
}

const firstLine = (error) => String(error?.message ?? error).split('\n')[0];

/** How many times as good `a` is as `b`. */
export function advantage(better, a, b) {
  return better === 'lower' ? b / a : a / b;
}

/**
 * What is measured is the median of each round's own figure: neighbours in time had the same disturbances.
 * A goal whose rival (or subject) did not run has nothing measured.
 */
function judge({ better, unit, subject = 'nogil', goals = [] }, samples) {
  return goals.map((goal) => {
    const { than = '' } = goal;
    const [mine, theirs] = [samples.get(subject), samples.get(than)];
    const { text, suffix, figure, meets } = kindOf(goal, better, unit);
    if (!mine || (than && !theirs)) return { than, goal: text, measured: null, unit: suffix, met: null };
    const measured = figure(
      mine.map((sample) => sample.value),
      theirs?.map((sample) => sample.value),
    );
    return { than, goal: text, measured, unit: suffix, met: meets(measured) };
  });
}

function kindOf({ ratio, slower, more, most }, better, unit) {
  const each = (by) => (mine, theirs) => median(mine.map((value, i) => by(value, theirs?.[i])));
  const atMost = (limit, rest) => ({ ...rest, meets: (measured) => measured <= limit });
  const suffix = ` ${unit}`;
  if (most !== undefined) return atMost(most, { text: `<= ${most} ${unit}`, suffix, figure: each((a) => a) });
  if (more !== undefined) return atMost(more, { text: `<= ${more} ${unit} more`, suffix, figure: each((a, b) => a - b) });
  const gain = each((a, b) => advantage(better, a, b));
  if (slower) return atMost(ratio, { text: `<= ${ratio}x`, suffix: 'x', figure: (...both) => 1 / gain(...both) });
  return { text: `>= ${ratio}x`, suffix: 'x', figure: gain, meets: (measured) => measured >= ratio };
}
