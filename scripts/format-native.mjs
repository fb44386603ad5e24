// Lays out the native code with clang-format where it is installed; with --check, says what it would change.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const native = join(dirname(dirname(fileURLToPath(import.meta.url))), 'native');
const files = readdirSync(native, { recursive: true })
  .filter((file) => /\.(cc|h)$/.test(file))
  .map((file) => join(native, file));
const mode = process.argv.includes('--check') ? ['--dry-run', '--Werror'] : ['-i'];

const { status, error } = spawnSync('clang-format', [...mode, ...files], { stdio: 'inherit' });
if (error?.code === 'ENOENT') console.error('clang-format is not installed: the layout of the native code is left as it is');
else process.exitCode = status ?? 1;
