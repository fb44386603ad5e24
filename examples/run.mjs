// Runs an example by its number: npm run example -- 1.1
import { readdirSync, readFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = dirname(fileURLToPath(import.meta.url));
const built = join(dirname(folder), 'build-examples');
const examples = readdirSync(folder)
  .filter((file) => /^\d+\.\d+-.*\.mts$/.test(file))
  .sort();
const numberOf = (file) => file.slice(0, file.indexOf('-'));

/** What an example says about itself at its top. */
function about(file) {
  const [comment] = /^(\/\/.*\n)+/.exec(readFileSync(join(folder, file), 'utf8')) ?? [''];
  return comment.replace(/^\/\/ /gm, '  ').trimEnd();
}

const [number, ...args] = process.argv.slice(2);
const file = examples.find((name) => numberOf(name) === number);
if (file) {
  // A process of its own: the example is its main module, as `if (is_main(...))` wants it.
  const program = join(built, file.replace(/\.mts$/, '.mjs'));
  const { status, signal, error } = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (error) throw error;
  if (signal) process.kill(process.pid, signal);
  process.exitCode = status ?? 1;
} else {
  if (number) console.error(`there is no example ${number}\n`);
  console.log(`npm run example -- <number>\n\n${examples.map(about).join('\n')}`);
  process.exitCode = number ? 2 : 0;
}
