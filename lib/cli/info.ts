/** `npx nogil info`: what a report of a bug should say of the place where it happened. */
import os from 'node:os';
import type * as AddonFacts from './addon_facts';
import { readOptions } from './options';
import { table } from './table';
import { runtime, version } from './version';

/** musl says nothing of itself there. */
function libc(): string {
  if (process.platform !== 'linux') return '';
  const { header } = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return header?.glibcVersionRuntime ? `, glibc ${header.glibcVersionRuntime}` : ', no glibc';
}

function place(): Record<string, string> {
  return {
    nogil: version(),
    runtime: runtime(),
    platform: `${process.platform} ${process.arch}, ${os.release()}${libc()}`,
    CPUs: `${os.availableParallelism()} available, ${os.cpus()[0]?.model.trim() ?? 'unknown'}`,
  };
}

export function run(argv: string[]): number {
  const options = readOptions('info', 'what is installed here', { json: { type: 'boolean', text: 'as JSON' } }, argv);
  if (typeof options === 'number') return options;
  const facts = place();
  let code = 0;
  try {
    // eslint-disable-next-line @typescript-eslint/no-require-imports -- where it does not load, the reason is the answer
    Object.assign(facts, (require('./addon_facts') as typeof AddonFacts).addonFacts());
  } catch (error) {
    facts.binary = `does not load: ${(error as Error).message}`;
    code = 1;
  }
  process.stdout.write(options.json ? `${JSON.stringify(facts, null, 2)}\n` : table(Object.entries(facts)));
  return code;
}
