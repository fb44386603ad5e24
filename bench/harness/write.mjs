// The files that a run leaves behind.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chart } from './chart.mjs';
import { chartName, figures, withFigures } from './document.mjs';

/** JSON and charts, into `folder`. */
export function writeResults(run, folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'figures.json'), `${JSON.stringify(run, null, 1)}\n`);
  for (const group of run.groups) {
    for (const row of group.rows) {
      if (row.results.length > 0) writeFileSync(join(folder, chartName(group, row)), chart(row));
    }
  }
}

/** The page of figures, and beside it its charts and the JSON that all of it comes from. */
export function writeReport(run, docs) {
  const page = join(docs, 'benchmarks.md');
  const text = withFigures(readFileSync(page, 'utf8'), figures(run, 'benchmarks'));
  // Charts of rows that this run does not have would stay for ever.
  const charts = join(docs, 'benchmarks');
  mkdirSync(charts, { recursive: true });
  for (const file of readdirSync(charts)) if (file.endsWith('.svg')) rmSync(join(charts, file));
  writeResults(run, charts);
  writeFileSync(page, text);
}
