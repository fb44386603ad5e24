#!/usr/bin/env node
/**
 * `npx nogil`: what runs here, and how fast. A verb's module is loaded when it is called for, so that those that
 * need no addon work where there is none.
 */
/* eslint-disable @typescript-eslint/no-require-imports -- a verb that is not called for is not loaded */
import { version } from './version';

/** What a verb's module exports. */
export interface Verb {
  /** @returns the exit code */
  run(argv: string[]): number | Promise<number>;
}

const VERBS: Record<string, { summary: string; load: () => Verb }> = {
  info: { summary: 'what is installed here: versions, the binary, features, limits', load: () => require('./info') as Verb },
  bench: { summary: 'a short benchmark beside what Node itself has', load: () => require('./bench') as Verb },
};

function help(): string {
  const lines = Object.entries(VERBS).map(([name, { summary }]) => `  ${name.padEnd(8)} ${summary}`);
  return `nogil ${version()}\n\nnpx nogil VERB [options]\n\n${lines.join('\n')}\n\nnpx nogil VERB --help tells of its options.\n`;
}

async function main([name = 'help', ...argv]: string[]): Promise<number> {
  if (name === 'help' || name === '--help' || name === '-h') {
    process.stdout.write(help());
    return 0;
  }
  if (name === '--version' || name === '-v') {
    process.stdout.write(`${version()}\n`);
    return 0;
  }
  if (!Object.hasOwn(VERBS, name)) {
    process.stderr.write(`nogil: there is no verb '${name}'\n\n${help()}`);
    return 2;
  }
  return await VERBS[name].load().run(argv);
}

main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`nogil: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 1;
  },
);
