// What is told of finished rows, on the terminal and in docs/benchmarks.md.
import { advantage } from './measure.mjs';
import { amount, digits, percent, table } from './table.mjs';

export const slug = (text) =>
  text
    .toLowerCase()
    .replace(/µ/g, 'u')
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');

export const goalText = ({ goal, than }) => (than ? `${goal} of ${than}` : goal);
export const measuredText = ({ measured, unit }) => (measured === null ? 'not measured' : `${digits(measured)}${unit}`);
export const metText = ({ met }) => (met === null ? '' : met ? 'yes' : 'no');

/** A row's table: a line for each competitor. */
export function rowLines({ title, unit, better, subject, results }) {
  const mine = results.find(({ name }) => name === subject);
  const extras = [...new Set(results.flatMap((result) => Object.keys(result.extras)))];
  const head = [`${title} (${unit}, ${better} is better)`, 'median', 'middle half', 'min', 'max', ...extras, `${subject} is`];
  const lines = results.map((result) => {
    const ratio = mine && mine !== result ? advantage(better, mine.median, result.median) : undefined;
    return [
      result.name,
      amount(result.median, unit),
      `${amount(result.q1, unit)} - ${amount(result.q3, unit)}`,
      amount(result.min, unit),
      amount(result.max, unit),
      ...extras.map((key) => (key in result.extras ? digits(result.extras[key]) : '')),
      ratio === undefined || !Number.isFinite(ratio) ? '' : `${digits(ratio)}x`,
    ];
  });
  return { head, lines };
}

export function notesOf({ results, absent, failed }) {
  const disturbed = Math.max(0, ...results.map((result) => result.disturbed));
  return [
    ...(disturbed > 0.1 ? [`other programs took ${percent(disturbed, 1)} of the machine`] : []),
    ...absent.map(({ name, reason }) => `${name}: not measured (${reason})`),
    ...failed.map(({ name, reason }) => `${name}: FAILED (${reason})`),
  ];
}

export function rowText(row) {
  const { head, lines } = rowLines(row);
  const notes = [
    ...notesOf(row),
    ...row.goals
      .filter(({ met }) => met !== null)
      .map((goal) => `goal ${goalText(goal)}: ${measuredText(goal)}, ${goal.met ? 'met' : 'NOT met'}`),
  ];
  return [table(head, lines), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

/** Everything that was tried and did not run, or gave a wrong result. */
export function failuresOf(groups) {
  return groups.flatMap((group) =>
    group.rows.flatMap((row) => row.failed.map((failure) => ({ ...failure, group: group.title, title: row.title }))),
  );
}

export function failuresText(groups) {
  const all = failuresOf(groups);
  if (all.length === 0) return '';
  return `${table(
    ['failed', 'in', 'reason'],
    all.map(({ name, title, reason }) => [name, title, reason]),
  )}\n`;
}

/** All goals of all rows, with both figures. */
export function goalsOf(groups) {
  return groups.flatMap((group) =>
    group.rows.flatMap((row) => {
      const figureOf = (wanted) => {
        const result = row.results.find(({ name }) => name === wanted);
        return result ? `${amount(result.median, row.unit)}` : '';
      };
      return row.goals.map((goal) => ({
        ...goal,
        group: group.title,
        title: row.title,
        ours: `${figureOf(row.subject)} ${row.unit}`.trim(),
        theirs: figureOf(goal.than),
      }));
    }),
  );
}

/** All goals of all rows, the missed ones first. */
export function goalsText(groups) {
  const all = goalsOf(groups);
  if (all.length === 0) return '';
  const rank = ({ met }) => (met === null ? 2 : Number(met));
  const lines = all
    .sort((a, b) => rank(a) - rank(b))
    .map((goal) => [goal.title, goal.than, goal.goal, measuredText(goal), metText(goal)]);
  return table(['goals', 'against', 'goal', 'measured', 'met'], lines);
}
