// The system's own sha256sum, which the demo's digests have to equal.
import { spawnSync } from 'node:child_process';
import { digest } from './hash_files.mts';
import { amount, seconds } from './table.mts';
import { type File, type Path } from './walk.mts';

const NUL = Buffer.from([0]);
/** What sha256sum writes for these in a name, whose line then begins with a backslash. */
const ESCAPES = new Map([
  [0x5c, '\\\\'],
  [0x0a, '\\n'],
  [0x0d, '\\r'],
]);

/** A file's line in the output of sha256sum. */
export function sha256sum_line(hex: string, name: Path): Buffer {
  const escaped = Buffer.concat([...name].map((byte) => Buffer.from(ESCAPES.get(byte) ?? [byte])));
  return Buffer.concat([Buffer.from(`${escaped.length > name.length ? '\\' : ''}${hex}  `), escaped, Buffer.from('\n')]);
}

/**
 * Has sha256sum, where it is installed, read the same files, and tells how they compare.
 *
 * @param digests - in hexadecimal, undefined for a file that could not be read
 * @returns false where a digest is another, and the file has not changed in the meantime
 */
export function compare_with_sha256sum(files: readonly File[], digests: readonly (string | undefined)[]): boolean {
  if (spawnSync('sha256sum', { input: '' }).status !== 0 || spawnSync('xargs', { input: '' }).status !== 0) {
    console.log('not compared with sha256sum, which is not installed');
    return true;
  }
  const wanted = files.flatMap(({ path }, i) => (digests[i] === undefined ? [] : [{ path, hex: digests[i] }]));
  const input = Buffer.concat(wanted.flatMap(({ path }) => [path, NUL]));
  const begun = performance.now();
  // By xargs, since there may be more files than one command line takes, and their names need not be UTF-8.
  const { stdout } = spawnSync('xargs', ['-0', 'sha256sum', '--'], {
    input,
    maxBuffer: Infinity,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const time = (performance.now() - begun) / 1000;
  const expected = new Map(wanted.length === 0 ? [] : parse(stdout));

  let changed = 0;
  const wrong = wanted.filter(({ path, hex }) => {
    const other = expected.get(path.toString('latin1'));
    if (other === hex) return false;
    if (other !== undefined && other !== digest(path, Buffer.alloc(1 << 16), () => undefined).toString('hex')) return true;
    changed++;
    return false;
  });
  for (const { path, hex } of wrong) console.log(`sha256sum has another digest than ${hex} for ${path.toString()}`);
  if (changed > 0) console.log(`${amount(changed, 'file has', 'files have')} changed in the meantime`);
  console.log(
    wrong.length === 0
      ? `sha256sum (one process, ${seconds(time)} s) has the same digests for ${amount(wanted.length - changed, 'file')}`
      : `sha256sum has other digests for ${amount(wrong.length, 'file')}`,
  );
  return wrong.length === 0;
}

const UNESCAPES = new Map([...ESCAPES].map(([byte, text]) => [text, String.fromCharCode(byte)]));

/** Digests by path, which is in latin1: one character for each byte. */
function* parse(output: Buffer): Iterable<[string, string]> {
  for (const line of output.toString('latin1').split('\n')) {
    const match = /^(\\?)([0-9a-f]{64}) [ *](.*)$/.exec(line);
    if (match === null) continue;
    const [, escaped, hex, name] = match;
    yield [escaped ? name.replace(/\\[\\nr]/g, (text) => UNESCAPES.get(text)!) : name, hex];
  }
}
