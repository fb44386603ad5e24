// One row: every competitor is measured once in each round (A B C, A B C, ...), so that whatever else the
// machine does falls on all of them alike. A first round is run and thrown away.
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
 * @property {{ than: string, ratio: number, slower?: boolean }[]} [goals] - `ratio` times as good as `than`; `slower`: at most `ratio` times as bad
 * @property {() => Promise<(Competitor | { name: string, absent: string })[]>} open
 */

/** @param {Row} row */
export async function measureRow(row, { rounds, without, patience }) {
  const opened = await row.open();
  const leftOut = opened.filter(({ name }) => without.some((text) => name.includes(text)));
  for (const competitor of leftOut) await competitor.close?.();
  const all = opened.filter((competitor) => !leftOut.includes(competitor));
  const absent = all.filter((entry) => entry.absent).map(({ name, absent: reason }) => ({ name, reason }));
  const failed = [];
  let running = all.filter((entry) => !entry.absent);
  const samples = new Map(running.map(({ name }) => [name, []]));
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
          const { result, others } = await undisturbed(() => competitor.measure(), { tries: round < 0 ? 1 : patience });
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
  const { title, unit, better } = row;
  return { title, unit, better, subject: row.subject ?? 'nogil', results, absent, failed, goals: judge(row, samples) };
}

const firstLine = (error) => String(error?.message ?? error).split('\n')[0];

/** How many times as good `a` is as `b`. */
export function advantage(better, a, b) {
  return better === 'lower' ? b / a : a / b;
}

// The ratio is the median of each round's own ratio: neighbours in time had the same disturbances.
function judge({ better, subject = 'nogil', goals = [] }, samples) {
  const mine = samples.get(subject);
  if (!mine) return [];
  return goals
    .filter(({ than }) => samples.has(than))
    .map(({ than, ratio, slower }) => {
      const theirs = samples.get(than);
      const gain = median(mine.map((sample, i) => advantage(better, sample.value, theirs[i].value)));
      const measured = slower ? 1 / gain : gain;
      return { than, goal: `${slower ? '<=' : '>='} ${ratio}x`, measured, met: slower ? measured <= ratio : measured >= ratio };
    });
}
