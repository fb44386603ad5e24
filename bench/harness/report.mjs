// What a finished row looks like on the terminal.
import { advantage } from './measure.mjs';
import { amount, digits, percent, table } from './table.mjs';

export function rowText({ title, unit, better, subject, results, absent, failed, goals }) {
  const mine = results.find(({ name }) => name === subject);
  const extras = [...new Set(results.flatMap((result) => Object.keys(result.extras)))];
  const head = [`${title} (${unit}, ${better} is better)`, 'median', 'MAD', 'min', 'max', ...extras, `${subject} is`];
  const lines = results.map((result) => {
    const ratio = mine && mine !== result ? advantage(better, mine.median, result.median) : undefined;
    return [
      result.name,
      amount(result.median, unit),
      percent(result.mad, result.median),
      amount(result.min, unit),
      amount(result.max, unit),
      ...extras.map((key) => (key in result.extras ? digits(result.extras[key]) : '')),
      ratio === undefined || !Number.isFinite(ratio) ? '' : `${digits(ratio)}x`,
    ];
  });
  const disturbed = Math.max(0, ...results.map((result) => result.disturbed));
  const notes = [
    ...(disturbed > 0.1 ? [`other programs took ${percent(disturbed, 1)} of the machine`] : []),
    ...absent.map(({ name, reason }) => `${name}: not measured (${reason})`),
    ...failed.map(({ name, reason }) => `${name}: FAILED (${reason})`),
    ...goals.map(({ than, goal, measured, met }) => `goal ${goal} of ${than}: ${digits(measured)}x, ${met ? 'met' : 'NOT met'}`),
  ];
  return [table(head, lines), ...notes.map((note) => `  ${note}`), ''].join('\n');
}

/** Everything that was tried and did not run, or gave a wrong result. */
export function failuresText(groups) {
  const all = groups.flatMap((group) =>
    group.rows.flatMap((row) => row.failed.map((failure) => ({ ...failure, title: row.title }))),
  );
  if (all.length === 0) return '';
  return `${table(
    ['failed', 'in', 'reason'],
    all.map(({ name, title, reason }) => [name, title, reason]),
  )}\n`;
}

/** All goals of all rows, the missed ones first. */
export function goalsText(groups) {
  const all = groups.flatMap((group) => group.rows.flatMap((row) => row.goals.map((goal) => ({ ...goal, title: row.title }))));
  if (all.length === 0) return '';
  const lines = all
    .sort((a, b) => Number(a.met) - Number(b.met))
    .map(({ title, than, goal, measured, met }) => [title, than, goal, `${digits(measured)}x`, met ? 'yes' : 'no']);
  return table(['goals', 'against', 'goal', 'measured', 'met'], lines);
}
