// docs/benchmarks.md: what one run measured, between two markers; the text around them is written by hand.
// All of it comes from the run's own JSON, so a run on another machine can tell nothing of this one.
import { advantage } from './measure.mjs';
import { failuresOf, goalsOf, goalText, measuredText, metText, notesOf, rowLines, slug } from './report.mjs';
import { amount, digits } from './table.mjs';

export const BEGIN = '<!-- figures: written by `npm run bench` -->';
export const END = '<!-- end of figures -->';

/** `text` with what is between its markers replaced. */
export function withFigures(text, figures) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the page has no place for figures: '${BEGIN}' ... '${END}'`);
  return `${text.slice(0, begin + BEGIN.length)}\n\n${figures}\n${text.slice(end)}`;
}

/** Where a row's chart is, from the page. */
export const chartName = (group, row) => `${group.name}-${slug(row.title)}.svg`;

const cell = (text) => String(text).replaceAll('|', '\\|');
const line = (cells) => `| ${cells.map(cell).join(' | ')} |`;
const table = (head, lines) =>
  [line(head), `|${head.map((_, i) => (i === 0 ? ' --- |' : ' ---: |')).join('')}`, ...lines.map(line)].join('\n');

/** @param {object} run - as in `figures.json`; `charts`: the folder of the charts, from the page */
export function figures(run, charts) {
  const { groups } = run;
  const parts = [
    '## The last run',
    machineText(run),
    '### Goals',
    goalsText(groups),
    '### Where it is behind',
    behindText(groups),
    '### What did not run',
    missingText(groups),
    ...groups.flatMap((group) => [`### ${group.title}`, ...group.rows.flatMap((row) => rowText(group, row, charts))]),
  ];
  return `${parts.join('\n\n')}\n`;
}

function machineText({ command, rounds, quick, minutes, machine }) {
  const { peers, ...rest } = machine;
  const about = quick ? ' **A quick run: it shows that everything runs, and its figures say nothing.**' : '';
  const others = Object.entries(peers).map(([name, version]) => `${name} ${version}`);
  return [
    `\`${command}\`: ${rounds} ${rounds === 1 ? 'round' : 'rounds'}, ${digits(minutes)} minutes.${about}`,
    table(
      ['', ''],
      [...Object.entries(rest).map(([key, value]) => [key, value ?? 'not there']), ['npm packages', others.join(', ')]],
    ),
  ].join('\n\n');
}

function goalsText(groups) {
  const goals = goalsOf(groups);
  if (goals.length === 0) return 'None of these rows has a goal.';
  const tried = goals.filter(({ met }) => met !== null);
  const lines = goals.map((goal) => [
    `${goal.group}: ${goal.title}`,
    goal.ours,
    goal.than ? `${goal.than} ${goal.theirs}`.trim() : '',
    goal.goal,
    measuredText(goal),
    metText(goal) === 'no' ? '**no**' : metText(goal),
  ]);
  return [
    `${tried.filter(({ met }) => met).length} of ${tried.length} met; ${goals.length - tried.length} could not be measured.`,
    table(['', 'nogil', 'beside', 'goal', 'measured', 'met'], lines),
  ].join('\n\n');
}

const isOwn = (name) => /^nogil|^other build/.test(name);

/** Every row in which anything else has the better median. */
function behindText(groups) {
  const lines = groups.flatMap((group) =>
    group.rows.flatMap((row) => {
      const mine = row.results.find(({ name }) => name === row.subject);
      if (!mine) return [];
      return row.results
        .filter(({ name, median }) => !isOwn(name) && advantage(row.better, mine.median, median) < 1)
        .map((other) => {
          const close = mine.q1 <= other.q3 && other.q1 <= mine.q3;
          return [
            `${group.title}: ${row.title}`,
            `${amount(mine.median, row.unit)} ${row.unit}`,
            `${other.name} ${amount(other.median, row.unit)}`,
            `${digits(advantage(row.better, mine.median, other.median))}x${close ? ', within the spread' : ''}`,
          ];
        });
    }),
  );
  if (lines.length === 0) return 'Nowhere, in this run.';
  return `What a raw pair of Atomics or plain C++ does without being a lock or leaving C++ is listed as well.\n\n${table(
    ['', 'nogil', 'ahead of it', 'nogil is'],
    lines,
  )}`;
}

function missingText(groups) {
  const absent = groups.flatMap((group) =>
    group.rows.flatMap((row) => row.absent.map((entry) => ({ ...entry, group: group.title }))),
  );
  // Once for each group: it is the machine that lacks it, not the row.
  const once = [...new Map(absent.map((entry) => [`${entry.group}|${entry.name}|${entry.reason}`, entry])).values()];
  const lines = [
    ...failuresOf(groups).map(({ name, group, title, reason }) => [name, `${group}: ${title}`, `failed: ${reason}`]),
    ...once.map(({ name, group, reason }) => [name, group, reason]),
  ];
  return lines.length === 0 ? 'Everything ran.' : table(['', 'in', 'why'], lines);
}

function rowText(group, row, charts) {
  const { head, lines } = rowLines(row);
  const notes = [
    ...row.goals
      .filter(({ met }) => met !== null)
      .map((goal) => `Goal ${goalText(goal)}: ${measuredText(goal)}, ${goal.met ? 'met' : '**not met**'}.`),
    ...notesOf(row).map((note) => `${note}.`),
  ];
  return [
    `#### ${row.title}`,
    ...(row.results.length > 0 ? [`![${row.title}](${charts}/${chartName(group, row)})`] : []),
    table([`${row.unit}, ${row.better} is better`, ...head.slice(1)], lines),
    ...(notes.length > 0 ? [notes.join(' ')] : []),
  ];
}
