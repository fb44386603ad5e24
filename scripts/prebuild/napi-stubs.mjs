// The functions of Node-API that a Windows addon calls, as stubs that jump through a table, which
// native/prebuild/windows/entry.cc fills when it is loaded.
import { execFileSync } from 'node:child_process';

/** Assembly for each `napi_...` that these objects leave undefined. */
export function napiStubs(nm, objects) {
  const undefinedSymbols = execFileSync(nm, ['--undefined-only', '--format=posix', ...objects], { encoding: 'utf8' });
  const names = [...new Set(undefinedSymbols.match(/^(napi|node_api)_\w+/gm))].sort();
  if (!names.length) throw new Error('no object calls Node-API');
  const stubs = names.map((name, i) => `.globl ${name}\n${name}: jmp *nogil_napi_table+${8 * i}(%rip)`);
  return [
    '.section .rdata,"dr"',
    '.globl nogil_napi_names',
    'nogil_napi_names:',
    ...names.map((name) => `.asciz "${name}"`),
    '.byte 0',
    '.bss',
    '.balign 8',
    '.globl nogil_napi_table',
    `nogil_napi_table: .space ${8 * names.length}`,
    '.text',
    ...stubs,
    '',
  ].join('\n');
}
