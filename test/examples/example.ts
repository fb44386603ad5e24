import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from '../helpers/script';

const ROOT = join(__dirname, '..', '..');

/** `Sun Nov  2 15:04:05 2026` */
export const CTIME = String.raw`\w{3} \w{3} [ \d]\d \d\d:\d\d:\d\d \d{4}`;

export interface ExampleRun {
  lines: string[];
  /** Seconds from the start of the process to its end. */
  seconds: number;
}

/**
 * Runs an example in a process of its own, which has to end well.
 *
 * @param speed - how much faster than in reality it sleeps
 */
export async function runExample(number: string, { speed = 1, args = [] as string[] } = {}): Promise<ExampleRun> {
  const source = readdirSync(join(ROOT, 'examples')).find((file) => file.startsWith(`${number}-`));
  if (source === undefined) throw new Error(`there is no example ${number}`);
  const program = join(ROOT, 'build-examples', source.replace(/\.mts$/, '.mjs'));
  const { ms, ...result } = await runScript(program, { args, env: { NOGIL_EXAMPLE_SPEED: String(speed) } });
  expect(result).toMatchObject({ code: 0, signal: null, stderr: '', timedOut: false });
  return { lines: result.stdout.trimEnd().split('\n'), seconds: ms / 1000 };
}

/** How many lines match. */
export function count(lines: readonly string[], pattern: string): number {
  const regexp = new RegExp(`^${pattern}$`);
  return lines.filter((line) => regexp.test(line)).length;
}
