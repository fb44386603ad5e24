import { parseArgs } from 'node:util';

type Described = Record<string, { type: 'string' | 'boolean'; text: string; value?: string }>;

/** What a verb was given, or the exit code where that is all there is to do: after its help, or options that are wrong. */
export function readOptions(
  verb: string,
  summary: string,
  options: Described,
  argv: string[],
): Record<string, string | boolean | undefined> | number {
  const all: Described = { ...options, help: { type: 'boolean', text: 'this text' } };
  const lines = Object.entries(all).map(
    ([name, { text, value }]) => `  ${`--${name}${value ? ` ${value}` : ''}`.padEnd(14)} ${text}`,
  );
  const usage = `npx nogil ${verb} [options]: ${summary}\n\n${lines.join('\n')}\n`;
  const known = Object.fromEntries(Object.entries(all).map(([name, { type }]) => [name, { type }]));
  try {
    const { values } = parseArgs({ args: argv, options: known });
    if (!values.help) return values;
    process.stdout.write(usage);
    return 0;
  } catch (error) {
    process.stderr.write(`nogil ${verb}: ${(error as Error).message}\n\n${usage}`);
    return 2;
  }
}
