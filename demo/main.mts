// npm run demo -- [sha256 | pipeline] [folder] [options]
import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { is_main } from 'nogil';
import { pipeline_demo } from './pipeline.mts';
import { sha256_demo } from './sha256.mts';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

const USAGE = `npm run demo -- [sha256] [folder]     SHA-256 of every file below a folder
npm run demo -- pipeline [folder]     words of every text file below a folder

  folder             default: the installed node_modules
  --threads 1,2,4    one run for each of these numbers of threads; for pipeline, of those that split texts into words
  --output <file>    where to write the digests, as sha256sum does, or the counts
  --help             shows this text`;

class UsageError extends Error {}

function thread_counts(text: string): number[] {
  const counts = text.split(',').map(Number);
  if (counts.every((count) => Number.isInteger(count) && count >= 1 && count <= 256)) return counts;
  throw new UsageError(`--threads: '${text}' is not a list of numbers from 1 to 256`);
}

function existing_folder(path: string): string {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) throw new UsageError(`there is no folder '${path}'`);
  if (!stat.isDirectory()) throw new UsageError(`'${path}' is not a folder`);
  return resolve(path);
}

/** @returns the exit code */
async function main(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const { demo, folder } = what_to_do(positionals);
  const settings = { folder: existing_folder(folder), threads: thread_counts(values.threads), output: values.output };
  return (await demo(settings)) ? 0 : 1;
}

/** A folder of the name of a demo is `./pipeline`. */
function what_to_do(positionals: readonly string[]) {
  const named = ['sha256', 'pipeline'].includes(positionals[0]);
  const [folder = join(ROOT, 'node_modules'), ...more] = named ? positionals.slice(1) : positionals;
  if (more.length > 0) throw new UsageError(`one folder at a time, not '${more.join(' ')}' too`);
  return { demo: positionals[0] === 'pipeline' ? pipeline_demo : sha256_demo, folder };
}

function parse(args: string[]) {
  try {
    return parseArgs({
      args,
      allowPositionals: true,
      options: {
        threads: { type: 'string', default: '1,2,4' },
        output: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}

if (is_main(import.meta.url)) {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`${error.message}\n\n${USAGE}`);
    process.exitCode = 2;
  }
}
