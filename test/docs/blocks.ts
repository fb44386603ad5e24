/** The code blocks of README.md and of the guides in docs/. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** A fenced block of a Markdown file. */
export interface Block {
  /** The file, as seen from the root. */
  file: string;
  /** Line of its opening fence, from 1. */
  line: number;
  /** What stands behind the opening fence: `js`, `ts`, `sh`, `text`, … */
  language: string;
  code: string;
  /** What its program prints, where the page says so. */
  output: string;
}

/** README.md and every page in docs/. */
export const pages: string[] = [
  'README.md',
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .sort()
    .map((name) => `docs/${name}`),
];

const FENCE = /^```(\S*)[^\n]*\n(.*?)^```$/gms;

/** The comment behind each `console.log` line, a line each. */
function promised(code: string): string {
  return [...code.matchAll(/console\.log\(.*\)\)?; \/\/ (.*)$/gm)].map((match) => `${match[1]}\n`).join('');
}

/**
 * The blocks of a page. A `text` block that follows a program, with nothing but white space in between,
 * is what that program prints; without one, the comments behind its `console.log` lines say it.
 */
export function blocksOf(file: string): Block[] {
  const page = readFileSync(join(ROOT, file), 'utf8');
  const found = [...page.matchAll(FENCE)];
  return found.map((match, i) => {
    const [whole, language, code] = match;
    const next = found.at(i + 1);
    const follows = next?.[1] === 'text' && page.slice(match.index + whole.length, next.index).trim() === '';
    return {
      file,
      line: page.slice(0, match.index).split('\n').length,
      language,
      code,
      output: follows ? next[2] : promised(code),
    };
  });
}
