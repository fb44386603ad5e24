// Compiles and links one target into a file.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { napiStubs } from './napi-stubs.mjs';
import { flagsOf, root, sourcesOf } from './targets.mjs';

// Messages in one language, so that versions compare; no user's settings for the compiler.
const environment = { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: tmpdir(), LC_ALL: 'C', SOURCE_DATE_EPOCH: '0' };

const firstLine = (command, args) => {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', env: environment });
  return status === 0 ? stdout.split('\n', 1)[0].trim() : undefined;
};

/** Who makes this target here: compiler and linker with their versions. Undefined: it is not installed. */
export function toolsOf({ compiler }) {
  const version = firstLine(compiler, ['--version']);
  if (version === undefined) return undefined;
  const linker = firstLine(compiler, ['-print-prog-name=ld']);
  return { compiler: version, linker: firstLine(linker, ['--version']) };
}

function run(what, command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: environment });
    child.on('error', reject);
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(`${command} failed on ${what}`))));
  });
}

/** Makes `output` from clean. */
export async function build(target, output) {
  const folder = mkdtempSync(join(tmpdir(), 'nogil-prebuild-'));
  try {
    const units = sourcesOf(target).map((source) => ({ source, object: join(folder, `${source.replaceAll('/', '-')}.o`) }));
    const queue = [...units];
    const work = async () => {
      for (let unit = queue.shift(); unit; unit = queue.shift()) {
        await run(unit.source, target.compiler, [
          ...target.flags,
          ...flagsOf(target, unit.source),
          '-c',
          unit.source,
          '-o',
          unit.object,
        ]);
      }
    };
    await Promise.all(Array.from({ length: Number(process.env.JOBS) || availableParallelism() }, work));
    mkdirSync(dirname(output), { recursive: true });
    const objects = units.map(({ object }) => object);
    if (target.napiStubs) {
      const stubs = join(folder, 'napi-stubs.s');
      writeFileSync(stubs, napiStubs(target.nm, objects));
      objects.push(stubs);
    }
    await run(`linking ${target.name}`, target.compiler, [...target.link, ...objects, ...target.libraries, '-o', output]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
