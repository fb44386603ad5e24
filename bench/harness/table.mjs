// Tables for a terminal.

/** Aligned columns: the first to the left, the others to the right. */
export function table(head, lines) {
  const all = [head, ...lines];
  const widths = head.map((_, i) => Math.max(...all.map((line) => line[i].length)));
  const draw = (line) =>
    line
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i])))
      .join('  ')
      .trimEnd();
  return [draw(head), widths.map((width) => '-'.repeat(width)).join('  '), ...lines.map(draw)]
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Three significant digits, with k, M, G above a thousand where the unit is a rate. */
export function amount(value, unit) {
  if (unit.endsWith('/s')) {
    for (const [size, letter] of [
      [1e9, 'G'],
      [1e6, 'M'],
      [1e3, 'k'],
    ]) {
      if (value >= size) return `${digits(value / size)} ${letter}`;
    }
  }
  return digits(value);
}

export function digits(value) {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  return value.toFixed(Math.max(0, Math.min(3, 2 - Math.floor(Math.log10(Math.abs(value))))));
}

export function percent(part, whole) {
  return whole === 0 ? '' : `${Math.round((part / whole) * 100)}%`;
}
