import type { AnyNode } from 'acorn';
import { unwrap, type ModuleText } from './module-exports';
import { children, staticKey } from './parser';

const DEPTH_MAX = 5;

function offsetOf(source: string, line: number, column: number): number {
  let start = 0;
  for (; line > 0; line--) start = source.indexOf('\n', start) + 1;
  return start + column;
}

/**
 * The function or class at a position. The engine gives the position of a function's parameters and that of a class's
 * constructor (or of the class, if it has none), so the innermost one around the position is not always the one that is meant.
 */
function nodeAt(module: ModuleText, offset: number, text: string): AnyNode | undefined {
  let found: AnyNode | undefined;
  let around: AnyNode | undefined = module.program;
  while (around) {
    if (/Function|Class(?!Body)/.test(around.type)) {
      const own = module.source.slice(around.start, around.end);
      // A method's text begins at its name, its node at its parameters.
      if (own === text || (around.type === 'FunctionExpression' && text.endsWith(own))) found = around;
    }
    around = Array.from(children(around)).find((node) => node.start <= offset && offset < node.end);
  }
  return found;
}

class Search {
  private readonly entered = new Set<string>();

  constructor(
    private readonly module: ModuleText,
    private readonly wanted: AnyNode,
  ) {}

  find(): string[] | undefined {
    for (const [path, node] of this.module.roots) {
      this.entered.clear();
      const hit = this.within(node, path);
      if (hit) return hit;
    }
    return undefined;
  }

  private within(wrapped: AnyNode, path: string[]): string[] | undefined {
    const node = unwrap(wrapped);
    if (node === this.wanted) return path;
    if (path.length > DEPTH_MAX) return undefined;
    if (node.type === 'Identifier') return this.binding(node.name, path);
    if (node.type === 'ObjectExpression') return this.object(node, path);
    if (node.type === 'ClassDeclaration' || node.type === 'ClassExpression') return this.class(node, path);
    return undefined;
  }

  private binding(name: string, path: string[]): string[] | undefined {
    if (this.entered.has(name)) return undefined;
    this.entered.add(name);
    const node = this.module.bindings.get(name);
    const hit = node && this.within(node, path);
    if (hit) return hit;
    for (const [owner, member, value] of this.module.members) {
      const below = owner === name ? this.within(value, [...path, ...member]) : undefined;
      if (below) return below;
    }
    return undefined;
  }

  private object(node: AnyNode & { type: 'ObjectExpression' }, path: string[]): string[] | undefined {
    for (const property of node.properties) {
      if (property.type !== 'Property' || property.kind !== 'init') continue;
      const key = staticKey(property.key, property.computed);
      const hit = key === undefined ? undefined : this.within(property.value, [...path, key]);
      if (hit) return hit;
    }
    return undefined;
  }

  private class(node: AnyNode & { type: 'ClassDeclaration' | 'ClassExpression' }, path: string[]): string[] | undefined {
    for (const member of node.body.body) {
      if (member.type === 'StaticBlock' || !member.value) continue;
      if (member.type === 'MethodDefinition' ? member.kind !== 'method' : !member.static) continue;
      const key = staticKey(member.key, member.computed);
      if (key === undefined) continue;
      const hit = this.within(member.value, [...path, ...(member.static ? [] : ['prototype']), key]);
      if (hit) return hit;
    }
    return undefined;
  }
}

/** The path to the exported function or class whose text is at a position of the module. */
export function findExport(module: ModuleText, line: number, column: number, text: string): string[] | undefined {
  const node = nodeAt(module, offsetOf(module.source, line, column), text);
  return node && new Search(module, node).find();
}
