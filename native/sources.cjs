// Which sources the addon has, and which of them are compiled for speed: what runs for each item and each
// wake-up. All others are compiled for size: the file is a quarter smaller, and no row of the benchmarks
// tells the difference.
//
// For node-gyp it prints one kind of a folder: node native/sources.cjs native/binding fast|small
const { readdirSync } = require('node:fs');
const { basename, dirname } = require('node:path').posix;

// addon.cc is among them so that the module itself is no member of the library that node-gyp makes of the others.
const FAST = ['addon.cc', 'queue_batch.cc', 'queue_items.cc', 'sync.cc'];

/** The platform's are a few lines each. */
const isFast = (source) => !dirname(source).endsWith('/binding') || FAST.includes(basename(source));

/** The sources in `folder` ('/' between names), in an order that does not depend on the file system. */
function sourcesIn(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.cc'))
    .sort()
    .map((name) => `${folder}/${name}`);
}

module.exports = { isFast, sourcesIn };

if (require.main === module) {
  const [folder, kind] = process.argv.slice(2);
  for (const source of sourcesIn(folder)) if (isFast(source) === (kind === 'fast')) console.log(source);
}
