// Prints the sources of a folder for node-gyp: node native/sources.cjs native/binding
const { readdirSync } = require('node:fs');

const folder = process.argv[2];
const names = readdirSync(folder).filter((name) => name.endsWith('.cc'));
for (const name of names.sort()) console.log(`${folder}/${name}`);
