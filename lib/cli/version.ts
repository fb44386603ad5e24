import { readFileSync } from 'node:fs';
import path from 'node:path';

/** This package's. */
export function version(): string {
  const manifest = path.join(__dirname, '..', '..', 'package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** What runs this program, with its version. */
export function runtime(): string {
  const { bun, deno, node, v8 } = process.versions;
  if (bun) return `Bun ${bun} (as Node.js ${node})`;
  if (deno) return `Deno ${deno} (as Node.js ${node})`;
  return `Node.js ${node} (V8 ${v8})`;
}
