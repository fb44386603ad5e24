import type { AnyNode, Program } from 'acorn';
import { parse, staticKey } from './parser';

/** What the text of a module tells about its exports. */
export interface ModuleText {
  program: Program;
  source: string;
  /** Export name to the top-level variable of that name, for ES modules. */
  locals: Map<string, string>;
  /** Ways to exported values. */
  roots: [path: string[], node: AnyNode][];
  /** Top-level names to their values. */
  bindings: Map<string, AnyNode>;
  /** `name.path = value` at the top level. */
  members: [name: string, path: string[], node: AnyNode][];
  /** Module specifiers that local names were imported from. */
  imported: Map<string, string>;
  /** An ES module that Vite (so vitest) has made a function of. */
  isVite: boolean;
}

const VITE_EXPORTS = /^__(?:vite_ssr_exports|vi_export)__$/;
const VITE_EXPORT_NAME = /^__(?:vite_ssr_exportName|vi_export_name)__$/;

/** Calls that give their first argument back: what transpilers and common idioms put around a function. */
const TRANSPARENT = /^(?:__name|_?_?freeze|seal|preventExtensions|assign)$/;

function calleeName(node: AnyNode): string | undefined {
  if (node.type === 'Identifier') return node.name;
  return node.type === 'MemberExpression' ? staticKey(node.property, node.computed) : undefined;
}

/** Takes `__name(f, 'f')`, `Object.freeze(f)`, `a = b = f` and parentheses off. */
export function unwrap(node: AnyNode): AnyNode {
  for (;;) {
    if (node.type === 'AssignmentExpression') node = node.right;
    else if (node.type === 'ParenthesizedExpression') node = node.expression;
    else if (node.type === 'CallExpression' && node.arguments[0] && TRANSPARENT.test(calleeName(node.callee) ?? ''))
      node = node.arguments[0];
    else return node;
  }
}

/** `a.b.c` as `['a', 'b', 'c']`. */
export function memberPath(node: AnyNode): string[] | undefined {
  if (node.type === 'Identifier') return [node.name];
  if (node.type !== 'MemberExpression') return undefined;
  const key = staticKey(node.property, node.computed);
  const object = memberPath(node.object);
  return object && key !== undefined ? [...object, key] : undefined;
}

/** What `() => x`, `function () { return x }`, `get() { return x }`, and these with a `try` in them, return. */
function returned(node: AnyNode): AnyNode | undefined {
  if (node.type === 'ArrowFunctionExpression' && node.body.type !== 'BlockStatement') return node.body;
  if (node.type !== 'ArrowFunctionExpression' && node.type !== 'FunctionExpression') return undefined;
  let body = node.body.type === 'BlockStatement' ? node.body.body : [];
  if (body.length === 1 && body[0].type === 'TryStatement') body = body[0].block.body;
  return body.length === 1 && body[0].type === 'ReturnStatement' ? (body[0].argument ?? undefined) : undefined;
}

/** The specifier in `require('x')`, also inside an interop helper's call. */
function required(node: AnyNode | null | undefined): string | undefined {
  if (node?.type !== 'CallExpression') return undefined;
  const argument = node.arguments.at(0);
  if (calleeName(node.callee) === 'require' && argument?.type === 'Literal') return String(argument.value);
  return argument ? required(argument) : undefined;
}

/** The statements of an ES module in the function that Vite has made of it: `'use strict';async (…) => {{ … }}`. */
function viteBody({ body }: Program): AnyNode[] | undefined {
  const last = body.at(-1);
  const fn = last?.type === 'ExpressionStatement' ? last.expression : undefined;
  if (fn?.type !== 'ArrowFunctionExpression' || fn.body.type !== 'BlockStatement') return undefined;
  if (!fn.params.some((param) => param.type === 'Identifier' && VITE_EXPORTS.test(param.name))) return undefined;
  const { body: inside } = fn.body;
  return inside.length === 1 && inside[0].type === 'BlockStatement' ? inside[0].body : inside;
}

/** The statements of a module, also where a loader has wrapped them into a function. */
function moduleBody(program: Program): AnyNode[] {
  const only = program.body.length === 1 ? program.body[0] : undefined;
  if (only?.type !== 'ExpressionStatement') return program.body;
  let node: AnyNode = only.expression;
  if (node.type === 'ObjectExpression' && node.properties[0]?.type === 'Property') node = node.properties[0].value;
  return node.type === 'FunctionExpression' && node.params.length >= 3 ? node.body.body : program.body;
}

class Reader implements ModuleText {
  readonly locals = new Map<string, string>();
  readonly roots: [string[], AnyNode][] = [];
  readonly bindings = new Map<string, AnyNode>();
  readonly members: [string, string[], AnyNode][] = [];
  readonly imported = new Map<string, string>();
  readonly isVite: boolean;
  /** Names of objects that become `module.exports`. */
  private readonly exportObjects = new Set(['exports']);
  /** Getters of other objects, which may turn out to be such ones. */
  private readonly otherObjects: [name: string, root: [string[], AnyNode]][] = [];

  constructor(
    readonly program: Program,
    readonly source: string,
  ) {
    const vite = viteBody(program);
    this.isVite = vite !== undefined;
    for (const statement of vite ?? moduleBody(program)) this.statement(statement);
    // webpack: e.d(t, { … }) comes long before module.exports = t, under names that mean nothing.
    for (const [name, root] of this.otherObjects) if (this.exportObjects.has(name)) this.roots.push(root);
  }

  private declaration(node: AnyNode): string[] {
    if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id) {
      this.bindings.set(node.id.name, node);
      return [node.id.name];
    }
    if (node.type !== 'VariableDeclaration') return [];
    const names: string[] = [];
    for (const { id, init } of node.declarations) {
      if (id.type !== 'Identifier') continue;
      names.push(id.name);
      if (init) this.bindings.set(id.name, init);
      const from = required(init);
      if (from !== undefined) this.imported.set(id.name, from);
    }
    return names;
  }

  private statement(node: AnyNode): void {
    this.declaration(node);
    if (node.type === 'ImportDeclaration') {
      for (const s of node.specifiers) this.imported.set(s.local.name, String(node.source.value));
    } else if (node.type === 'ExportNamedDeclaration') {
      if (node.declaration) for (const name of this.declaration(node.declaration)) this.export(name, name);
      if (!node.source) {
        for (const s of node.specifiers) {
          if (s.local.type === 'Identifier')
            this.export(s.exported.type === 'Identifier' ? s.exported.name : String(s.exported.value), s.local.name);
        }
      }
    } else if (node.type === 'ExportDefaultDeclaration') {
      this.declaration(node.declaration);
      this.roots.push([['default'], node.declaration]);
    } else if (node.type === 'ExpressionStatement') this.expression(node.expression);
  }

  private export(name: string, local: string): void {
    this.locals.set(name, local);
    this.roots.push([[name], { type: 'Identifier', name: local } as AnyNode]);
  }

  private expression(node: AnyNode): void {
    if (node.type === 'SequenceExpression') for (const e of node.expressions) this.expression(e);
    else if (node.type === 'AssignmentExpression') {
      this.assignment(node.left, node.right);
      this.expression(node.right);
    } else if (node.type === 'CallExpression') this.call(node);
  }

  private assignment(left: AnyNode, right: AnyNode): void {
    const path = memberPath(left);
    if (!path) return;
    if (path[0] === 'module' && path[1] === 'exports') path.shift();
    if (path[0] !== 'exports') {
      if (path.length > 1) this.members.push([path[0], path.slice(1), right]);
      else this.bindings.set(path[0], right);
      return;
    }
    // esbuild: module.exports = __toCommonJS(main_exports)
    const whole = right.type === 'CallExpression' ? right.arguments.at(0) : right;
    if (path.length === 1 && whole?.type === 'Identifier') this.exportObjects.add(whole.name);
    this.roots.push([path.slice(1), right]);
  }

  /** `Object.defineProperty(exports, 'x', { get })` and `__export(exports, { x: () => x })`. */
  private call(node: AnyNode & { type: 'CallExpression' }): void {
    // A loader's wrapper around the module, which runs once.
    const { callee } = node;
    if (callee.type === 'FunctionExpression' || callee.type === 'ArrowFunctionExpression') {
      if (callee.body.type === 'BlockStatement') for (const statement of callee.body.body) this.statement(statement);
      return;
    }
    const [target, second, third] = node.arguments as (AnyNode | undefined)[];
    if (VITE_EXPORT_NAME.test(calleeName(callee) ?? '') && target?.type === 'Literal') {
      const value = second && returned(second);
      if (value) this.roots.push([[String(target.value)], value]);
      return;
    }
    const name =
      target?.type === 'Identifier' ? target.name : target && memberPath(target)?.join('.') === 'module.exports' ? 'exports' : '';
    if (!name) return;
    const known = this.exportObjects.has(name) || name.endsWith('exports') || VITE_EXPORTS.test(name);
    const descriptor = calleeName(node.callee) === 'defineProperty';
    const object = descriptor ? third : second;
    if (object?.type !== 'ObjectExpression') return;
    for (const property of object.properties) {
      if (property.type !== 'Property') continue;
      const key = staticKey(property.key, property.computed);
      const value = descriptor && key === 'value' ? property.value : returned(property.value);
      const exported = descriptor ? (second?.type === 'Literal' ? String(second.value) : undefined) : key;
      if (!value || exported === undefined || (descriptor && key !== 'get' && key !== 'value')) continue;
      if (known) this.roots.push([[exported], value]);
      else this.otherObjects.push([name, [[exported], value]]);
    }
  }
}

/** Reads a module's text; `undefined` when the parser can not. */
export function readModule(source: string, isModule: boolean): ModuleText | undefined {
  try {
    return new Reader(parse(source, isModule ? 'module' : 'script'), source);
  } catch {
    return undefined;
  }
}
