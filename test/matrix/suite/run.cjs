'use strict';
// Runs one case of the suite: `run.cjs FILE NAME`. It has passed when `done` is the last line and the process ends by itself
// with the code that the case promises. Written through the descriptor: not every runtime has a console that works.
const { writeSync } = require('node:fs');

const [file, name] = process.argv.slice(2);

async function main() {
  const { cases } = require(`./${file}.cjs`);
  if (!Object.hasOwn(cases, name)) throw new Error(`no case ${name} in ${file}`);
  await cases[name]();
  writeSync(1, 'done\n');
}

main().catch((error) => {
  writeSync(2, `${(error && error.stack) || error}\n`);
  for (let cause = error?.cause; cause; cause = cause.cause) writeSync(2, `because: ${cause.stack || cause}\n`);
  // Whatever threads the case has left behind.
  process.exit(1);
});
