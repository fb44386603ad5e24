import type { AnyFunction } from './reference';
import type { AnyNode, Function as FunctionNode } from 'acorn';
import { freeNames, type FreeNames } from './free-names';
import { parse } from './parser';

/** A function's text, read. */
export interface FunctionSource {
  /** An expression whose value is the function, `import.meta` replaced by `import$meta`. */
  expression: string;
  /** Whether it parses as strict code. */
  strict: boolean;
  free: FreeNames;
  /** It uses nothing that it does not bind itself. */
  pure: boolean;
}

/** The text of a function as it was written, whatever `toString` it carries. */
export function textOf(fn: AnyFunction): string {
  return Function.prototype.toString.call(fn);
}

/** The name of a function; `name` may have been overwritten with anything. */
export function nameOf(fn: AnyFunction): string {
  return typeof fn.name === 'string' ? fn.name : '';
}

export const isNative = (text: string): boolean => /\{\s*\[native code\]\s*\}\s*$/.test(text);
export const isClass = (text: string): boolean => /^class\b/.test(text);

interface Read {
  /** Offset of the function's text in what was parsed. */
  offset: number;
  node: AnyNode;
}

function tryParse(prefix: string, text: string, suffix: string): AnyNode | undefined {
  try {
    const program = parse(prefix + text + suffix);
    const wrapper = program.body[0] as unknown as { expression: { body: { body: AnyNode[] } } };
    return wrapper.expression.body.body.at(-1);
  } catch {
    return undefined;
  }
}

/** The wrapper is a function, so that `new.target` parses in an arrow function that stands alone. */
function parseFunction(text: string, directive: string): Read | undefined {
  let prefix = `(function(){${directive}return(`;
  let statement = tryParse(prefix, text, '\n)})');
  if (statement?.type === 'ReturnStatement' && statement.argument) return { offset: prefix.length, node: statement.argument };
  prefix += '{';
  // A private method is no less a function for its name, which goes.
  statement = tryParse(prefix, text.replace(/^((?:async\b)?[\s*]*)#/, '$1_'), '\n})})');
  const object = statement?.type === 'ReturnStatement' ? statement.argument : undefined;
  return object?.type === 'ObjectExpression' ? { offset: prefix.length, node: object.properties[0] } : undefined;
}

/** Methods print as `name() {}`, which is no expression: they become the method of a new object. */
function methodExpression(name: string, node: FunctionNode, body: string): string {
  const key = JSON.stringify(name);
  return `({ ${node.async ? 'async ' : ''}${node.generator ? '*' : ''}[${key}]${body} })[${key}]`;
}

const read = new Map<string, FunctionSource | undefined>();
const READ_MAX = 1000;

function readText(text: string, name: string): FunctionSource | undefined {
  const strict = parseFunction(text, '"use strict";');
  const parsed = strict ?? parseFunction(text, '');
  if (!parsed) return undefined;
  const { offset } = parsed;
  let { node } = parsed;
  let isMethod = false;
  if (node.type === 'Property') {
    if (node.value.type !== 'FunctionExpression') return undefined;
    isMethod = true;
    node = node.value;
  }
  if (node.type !== 'FunctionExpression' && node.type !== 'ArrowFunctionExpression' && node.type !== 'ClassExpression')
    return undefined;
  const free = freeNames(node);
  const start = node.start - offset;
  let body = text.slice(start, node.end - offset);
  // Of the same length, so that the columns in stack traces stay right.
  for (const { start: from, end } of free.metas) {
    const at = from - offset - start;
    body = body.slice(0, at) + 'import$meta'.padEnd(end - from) + body.slice(at + end - from);
  }
  if (isMethod) body = methodExpression(name, node as FunctionNode, body);
  const pure = free.names.size === 0 && free.context.size === 0 && free.metas.length === 0 && !free.imports;
  return { expression: body, strict: strict !== undefined, free, pure };
}

/** Reads the text of a function; `undefined` when the parser can not (syntax newer than it). */
export function readFunction(text: string, name: string): FunctionSource | undefined {
  let source = read.get(text);
  if (!source && !read.has(text)) {
    source = readText(text, name);
    if (read.size >= READ_MAX) read.clear();
    read.set(text, source);
  }
  return source;
}
