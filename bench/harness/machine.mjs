// What the figures were measured on and with.
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { findCompiler, findPython } from './programs.mjs';

export function machine() {
  const { node, v8, uv } = process.versions;
  return {
    node,
    v8,
    uv,
    python: findPython().version,
    compiler: findCompiler().version,
    platform: `${process.platform} ${release()} ${process.arch}`,
    cpu: cpus()[0]?.model.trim(),
    cpus: availableParallelism(),
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    // Other work on the machine: above its own share, the spread says how far to trust a figure.
    load: loadavg()[0],
    date: new Date().toISOString().slice(0, 10),
  };
}
