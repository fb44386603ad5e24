// What the figures were measured on and with.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findCompiler, findPython } from './programs.mjs';

const modules = fileURLToPath(new URL('../../node_modules', import.meta.url));
const PEERS = ['fastq', 'multithreading', 'piscina', 'tinypool', 'workerpool'];

/** @param {string} library - the checkout that is measured */
export function machine(library) {
  const { node, v8, uv } = process.versions;
  return {
    nogil: [versionIn(library), commitOf(library)].filter(Boolean).join(', '),
    node,
    v8,
    uv,
    python: findPython().version ?? 'not installed',
    compiler: findCompiler().version ?? 'not installed',
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim(),
    cpus: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    // Other work on the machine: above its own share, the spread says how far to trust a figure.
    'load before': loadavg()[0],
    date: new Date().toISOString().slice(0, 10),
    peers: Object.fromEntries(PEERS.map((name) => [name, versionIn(join(modules, name))])),
  };
}

function versionIn(folder) {
  try {
    return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')).version;
  } catch {
    return 'not installed';
  }
}

/** The commit, marked where files differ from it. */
function commitOf(folder) {
  const { status, stdout } = spawnSync('git', ['describe', '--always', '--dirty', '--exclude', '*'], {
    cwd: folder,
    encoding: 'utf8',
  });
  return status === 0 ? `commit ${stdout.trim()}` : undefined;
}
