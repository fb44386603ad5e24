import type { AnyFunction } from './reference';
import { typeError } from '../errors';
import { fileURLToPath } from 'node:url';
import { nameOf } from './function-source';
import { isTypeScript } from './loaders';

/** Why a function can not go to another thread. */
export interface Complaint {
  what: string;
  label: string;
  /** Variables of the code around the function. */
  captured: string[];
  /** Names that are neither variables nor globals that a new thread has. */
  unknown: string[];
  /** `this`, `super`, `new.target`, `arguments`, `#private`. */
  context: string[];
  native?: 'native' | 'bound' | 'class';
  unreadable?: boolean;
  /** It needs its file, and nothing tells which that is. */
  placeless?: boolean;
  /** A class that no module exports. */
  unexported?: boolean;
  /** The module exports it, but new threads can not load it. */
  unloadable?: string;
  url?: string;
  line?: number;
  imported?: Map<string, string>;
  /** Its file is a CommonJS one. */
  commonjs?: boolean;
  /** How a global name leads to it, where it is native code. */
  globalName?: string | undefined;
  /** Where it is to go. */
  to: Destination;
}

/** What a function is sent to another one of. */
export type Destination = 'thread' | 'process';

export function label(fn: AnyFunction): string {
  const name = nameOf(fn);
  return name ? `function '${name}'` : 'an anonymous function';
}

const quoted = (names: string[]): string => names.map((name) => `'${name}'`).join(', ');

function position({ url, line }: Complaint): string {
  if (!url?.startsWith('file:')) return '';
  return ` (${fileURLToPath(url)}${line === undefined ? '' : `:${line + 1}`})`;
}

function waysOut({ commonjs, imported, captured, unknown, context }: Complaint): string {
  // Exported or not, it would not find that.
  if (unknown.includes(REQUIRE) && unknown.length + captured.length + context.length === 1) return `${IMPORT_IT}.`;
  const base = commonjs ? '__filename' : 'import.meta.url';
  const imports = captured.some((name) => imported?.has(name)) ? `; what is imported can be had with ${IMPORT}` : '';
  return (
    'Export the function from a module, pass the values in its arguments, or name an export with ' +
    `importable(${base}, 'name')${imports}.${unknown.includes(REQUIRE) ? ` ${IMPORT_IT}.` : ''}`
  );
}

/** Only what is in an ES module lacks it. */
const REQUIRE = 'require';
const IMPORT = "`await import('…')` inside the function";
const IMPORT_IT = `ES modules have no 'require': use ${IMPORT}`;

function nativeRemedy({ native, globalName }: Complaint): string {
  if (native === 'bound') return 'call what it was made of in a function of your own';
  if (globalName === undefined) return 'wrap it in a function of your own that calls it';
  return `wrap it in a function of your own: (...args) => ${globalName}(...args)`;
}

function reasons(complaint: Complaint): string[] {
  const { captured, unknown, context, imported, to } = complaint;
  const from = captured.filter((name) => imported?.has(name));
  const found: string[] = [];
  if (captured.length > 0) found.push(`it captures ${quoted(captured)} from the code around it`);
  if (context.length > 0) found.push(`it uses ${quoted(context)} of the code around it`);
  if (unknown.length > 0) found.push(`it uses ${quoted(unknown)}, which a new ${to} does not have as a global`);
  if (complaint.placeless) found.push('it uses require() or import(), and this runtime does not tell which file it is in');
  for (const name of from) found.push(`'${name}' is imported from '${imported!.get(name)}'`);
  return found;
}

/** The error for a function or class that can not go to another thread: what is wrong, and the ways out. */
export function complain(complaint: Complaint): TypeError {
  const { what, label: who, native, unloadable, to } = complaint;
  const whom = `${what} is ${who}${position(complaint)}, `;
  if (native === 'class')
    return typeError(`${what} is a class, which can not be called; pass a function that makes an instance: () => new X()`);
  if (native)
    return typeError(
      `${whom}which is ${native === 'bound' ? 'bound, and so ' : ''}native code that can not be sent to another ${to}; ` +
        nativeRemedy(complaint),
    );
  let typescript = '';
  if (unloadable && isTypeScript(unloadable))
    typescript =
      `; its module ${unloadable} exports it, but new ${to === 'thread' ? 'threads' : 'processes'} can not load TypeScript: ` +
      'start the program under a loader (node --import tsx)';
  if (complaint.unexported) {
    const reason = typescript || '; no module that is loaded exports it: export the class by name';
    return typeError(`${what}: the class '${who.replace(/^function '|'$/g, '')}' can not be found by another thread${reason}`);
  }
  if (complaint.unreadable)
    return typeError(
      `${whom}which is not exported from a module, and its text has syntax that can not be checked. ${waysOut(complaint)}`,
    );
  return typeError(
    `${whom}which can not be sent to another ${to}: ${reasons(complaint).join('; ')}${typescript}. ${waysOut(complaint)}`,
  );
}
