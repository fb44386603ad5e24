// Prints `N passed, N failed` over all that .ci/run has just run: jest, native tests, the addon under sanitizers, the check of the prebuilds,
// the package managers, the matrix, the site.
//
//   node scripts/test-summary.mjs <exit status so far>
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

function readJson(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8'));
  } catch {
    return undefined;
  }
}

/** jest counts no test of a file that could not be loaded, or that took its process down. */
function jestCount(results) {
  const broken = results.numRuntimeErrorTestSuites;
  return { passed: results.numPassedTests, failed: results.numFailedTests + broken };
}

const jest = readJson('build-test/jest.json');
const counts = [
  jest && jestCount(jest),
  ...['build-native', 'build-tsan', 'build-asan', 'build-tsan/addon', 'build-asan/addon', 'build-matrix', 'build-docs'].map(
    (folder) => readJson(join(folder, 'results.json')),
  ),
  readJson('build-test/prebuilds.json'),
  readJson('build-test/installs.json'),
];
const sum = (key) => counts.reduce((total, count) => total + (count?.[key] ?? 0), 0);

// A step that came to no results, or failed outside of its tests, must not read as a success.
const missing = counts.filter((count) => !count).length;
const failed = Math.max(sum('failed') + missing, process.argv[2] === '0' ? 0 : 1);
console.log(`${sum('passed')} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
