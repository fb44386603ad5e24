'use strict';
// Runs cases of the suite: `run.cjs FILE NAME...`. Each has passed when its `done` is there, the last when the process ends by
// itself with the code that it promises. Written through the descriptor: not every runtime has a console that works.
const { writeSync } = require('node:fs');

const [file, ...names] = process.argv.slice(2);

async function main() {
  const { cases } = require(`./${file}.cjs`);
  for (const name of names) {
    if (!Object.hasOwn(cases, name)) throw new Error(`no case ${name} in ${file}`);
    await cases[name]();
    writeSync(1, 'done\n');
  }
}

main().catch((error) => {
  writeSync(2, `${(error && error.stack) || error}\n`);
  for (let cause = error?.cause; cause; cause = cause.cause) writeSync(2, `because: ${cause.stack || cause}\n`);
  // Whatever threads the case has left behind.
  process.exit(1);
});
