// A row as a horizontal bar chart, in plain SVG: bars are medians, whiskers span the middle half of the rounds.
import { amount } from './table.mjs';

const WIDTH = 760;
// Wide enough for a letter at 13 px.
const LETTER = 7;
const FIGURE = 90;
const BAR = 20;
const GAP = 8;
const TOP = 44;

const escape = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export function chart({ title, unit, better, subject, results, absent, failed }) {
  const longest = Math.max(...[...results, ...absent, ...failed].map(({ name }) => name.length));
  const left = Math.max(120, longest * LETTER + 16);
  const room = WIDTH - left - FIGURE - 20;
  const most = Math.max(0, ...results.map(({ median }) => median));
  const least = Math.min(...results.map(({ median }) => median).filter((value) => value > 0), most);
  // Where one is a hundred times another, only a logarithmic axis shows both.
  const logarithmic = most / least > 30;
  const floor = logarithmic ? 10 ** Math.floor(Math.log10(least)) : 0;
  const x = (value) => {
    if (most === 0) return 0;
    const share = logarithmic ? Math.log(Math.max(value, floor) / floor) / Math.log(most / floor) : value / most;
    return Math.max(0, Math.min(1.02, share)) * room;
  };
  const missing = [
    ...absent.map(({ name }) => ({ name, what: 'not measured' })),
    ...failed.map(({ name }) => ({ name, what: 'failed' })),
  ];
  const height = TOP + (results.length + missing.length) * (BAR + GAP) + 12;
  const label = (name, middle) =>
    `<text class="label" x="${left - 8}" y="${middle + 4}" text-anchor="end">${escape(name)}</text>`;
  const bars = results.map(({ name, median, q1, q3 }, i) => {
    const y = TOP + i * (BAR + GAP);
    const middle = y + BAR / 2;
    return [
      label(name, middle),
      `<rect class="${name === subject ? 'subject' : 'peer'}" x="${left}" y="${y}" width="${x(median).toFixed(1)}" height="${BAR}" rx="2"/>`,
      `<path class="spread" d="M${(left + x(q1)).toFixed(1)} ${middle}H${(left + x(q3)).toFixed(1)}"/>`,
      `<text class="figure" x="${WIDTH - 10}" y="${middle + 4}" text-anchor="end">${escape(amount(median, unit))}</text>`,
    ].join('');
  });
  missing.forEach(({ name, what }, i) => {
    const middle = TOP + (results.length + i) * (BAR + GAP) + BAR / 2;
    bars.push(`${label(name, middle)}<text class="unit" x="${left}" y="${middle + 4}">${what}</text>`);
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escape(title)}">
<style>
  svg { background: #fff; font: 13px system-ui, sans-serif; }
  text { fill: #24292f; } .title { font-weight: 600; font-size: 15px; } .unit { fill: #57606a; }
  .subject { fill: #1a7f37; } .peer { fill: #8c959f; } .spread { stroke: #24292f; stroke-opacity: .6; stroke-width: 1.5; }
</style>
<text class="title" x="12" y="20">${escape(title)}</text>
<text class="unit" x="12" y="36">${escape(`${unit}, ${better} is better${logarithmic ? ', logarithmic' : ''}; line: the middle half of the rounds`)}</text>
${bars.join('\n')}
</svg>
`;
}
