/** Lines of cells, aligned: those of the first column to the left, and of the others where `right` names them to the right. */
export function table(lines: string[][], right: readonly number[] = []): string {
  const widths = lines[0].map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const cell = (text: string, i: number): string => (right.includes(i) ? text.padStart(widths[i]) : text.padEnd(widths[i]));
  return lines.map((line) => `  ${line.map(cell).join('  ').trimEnd()}\n`).join('');
}
