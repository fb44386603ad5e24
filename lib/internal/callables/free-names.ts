import type { AnyNode, Function as FunctionNode, Node, Pattern } from 'acorn';
import { children } from './parser';

/** What a function takes from the code around it, as far as its own text tells. */
export interface FreeNames {
  /** Free variables; `false` where the only uses are `typeof name`, which an absent name survives. */
  names: Map<string, boolean>;
  /** Things that no variable carries: `this` of an arrow function, `super`, `new.target`, `arguments`, `#private`. */
  context: Set<string>;
  /** Positions of `import.meta`. */
  metas: Node[];
  /** Whether there is an `import()`. */
  imports: boolean;
}

/** One lexical scope. `own` lists what a non-arrow function (or a class body) binds besides names. */
interface Scope {
  names: Set<string>;
  parent?: Scope;
  own?: Set<string>;
}

const FUNCTION_OWN = ['this', 'arguments', 'new.target'];

function patternNames(pattern: Pattern | null | undefined, into: Set<string>): void {
  switch (pattern?.type) {
    case 'Identifier':
      into.add(pattern.name);
      break;
    case 'ObjectPattern':
      for (const p of pattern.properties) patternNames(p.type === 'RestElement' ? p.argument : p.value, into);
      break;
    case 'ArrayPattern':
      for (const p of pattern.elements) patternNames(p, into);
      break;
    case 'AssignmentPattern':
      patternNames(pattern.left, into);
      break;
    case 'RestElement':
      patternNames(pattern.argument, into);
  }
}

/** `var` and function declarations of a whole function body; those of nested functions are not looked at. */
function hoisted(node: AnyNode, into: Set<string>): void {
  if (node.type === 'VariableDeclaration' && node.kind === 'var') for (const d of node.declarations) patternNames(d.id, into);
  if (node.type === 'FunctionDeclaration' && node.id) into.add(node.id.name);
  if (/Function|Class|Expression$/.test(node.type)) return;
  for (const child of children(node)) hoisted(child, into);
}

/** `let`, `const`, `using`, classes and functions declared directly in a block. */
function lexical(body: readonly AnyNode[], into: Set<string>): void {
  for (const node of body) {
    if (node.type === 'VariableDeclaration') for (const d of node.declarations) patternNames(d.id, into);
    else if ((node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') && node.id) into.add(node.id.name);
  }
}

class Analysis implements FreeNames {
  readonly names = new Map<string, boolean>();
  readonly context = new Set<string>();
  readonly metas: Node[] = [];
  imports = false;

  private reference(name: string, scope: Scope | undefined, needed = true): void {
    for (let s = scope; s; s = s.parent) {
      if (s.names.has(name) || (name === 'arguments' && s.own?.has(name))) return;
    }
    if (name === 'arguments') this.context.add(name);
    else this.names.set(name, needed || this.names.get(name) === true);
  }

  /** `this`, `super`, `new.target` or a private name is used in `scope`. */
  private use(what: string, scope: Scope | undefined): void {
    for (let s = scope; s; s = s.parent) if (s.own?.has(what)) return;
    this.context.add(what);
  }

  function(node: FunctionNode, parent: Scope | undefined, isMethod = false): void {
    const scope: Scope = { names: new Set(), parent };
    if (node.type === 'FunctionExpression' && node.id) scope.names.add(node.id.name);
    if (node.type !== 'ArrowFunctionExpression') scope.own = new Set(isMethod ? [...FUNCTION_OWN, 'super'] : FUNCTION_OWN);
    for (const p of node.params) patternNames(p, scope.names);
    for (const p of node.params) this.visit(p, scope);
    // A body's own names are not in scope in the defaults of the parameters.
    const inner: Scope = { names: new Set(), parent: scope };
    if (node.body.type === 'BlockStatement') {
      for (const statement of node.body.body) hoisted(statement, inner.names);
      lexical(node.body.body, inner.names);
      for (const statement of node.body.body) this.visit(statement, inner);
    } else this.visit(node.body, inner);
  }

  private block(body: readonly AnyNode[], visited: Iterable<AnyNode>, parent: Scope | undefined): void {
    const scope: Scope = { names: new Set(), parent };
    lexical(body, scope.names);
    for (const node of visited) this.visit(node, scope);
  }

  private class(node: AnyNode & { type: 'ClassDeclaration' | 'ClassExpression' }, parent: Scope | undefined): void {
    const scope: Scope = { names: new Set(), own: new Set(), parent };
    if (node.id) scope.names.add(node.id.name);
    if (node.superClass) this.visit(node.superClass, scope);
    for (const member of node.body.body) {
      if ('key' in member && member.key.type === 'PrivateIdentifier') scope.own!.add('#' + member.key.name);
    }
    for (const member of node.body.body) {
      if ('computed' in member && member.computed) this.visit(member.key, scope);
      const own: Scope = { names: new Set(), own: new Set([...FUNCTION_OWN, 'super']), parent: scope };
      if (member.type === 'MethodDefinition') this.function(member.value, scope, true);
      else if (member.type === 'StaticBlock') {
        for (const statement of member.body) hoisted(statement, own.names);
        this.block(member.body, member.body, own);
      } else if (member.value) this.visit(member.value, own);
    }
  }

  private below(node: AnyNode, scope: Scope | undefined): void {
    for (const child of children(node)) this.visit(child, scope);
  }

  private property(node: AnyNode & { type: 'Property' }, scope: Scope | undefined): void {
    if (node.computed) this.visit(node.key, scope);
    const isMethod = node.value.type === 'FunctionExpression' && (node.method || node.kind !== 'init');
    if (isMethod) this.function(node.value as FunctionNode, scope, true);
    else this.visit(node.value, scope);
  }

  visit(node: AnyNode, scope: Scope | undefined): void {
    switch (node.type) {
      case 'Identifier':
        this.reference(node.name, scope);
        break;
      case 'FunctionDeclaration':
      case 'FunctionExpression':
      case 'ArrowFunctionExpression':
        this.function(node, scope);
        break;
      case 'ClassDeclaration':
      case 'ClassExpression':
        this.class(node, scope);
        break;
      case 'Property':
        this.property(node, scope);
        break;
      case 'MemberExpression':
        this.visit(node.object, scope);
        if (node.computed || node.property.type === 'PrivateIdentifier') this.visit(node.property, scope);
        break;
      case 'PrivateIdentifier':
        this.use('#' + node.name, scope);
        break;
      case 'ThisExpression':
        this.use('this', scope);
        break;
      case 'Super':
        this.use('super', scope);
        break;
      case 'MetaProperty':
        if (node.meta.name === 'import') this.metas.push(node);
        else this.use('new.target', scope);
        break;
      case 'ImportExpression':
        this.imports = true;
        this.below(node, scope);
        break;
      case 'UnaryExpression':
        if (node.operator === 'typeof' && node.argument.type === 'Identifier') this.reference(node.argument.name, scope, false);
        else this.visit(node.argument, scope);
        break;
      case 'BlockStatement':
        this.block(node.body, node.body, scope);
        break;
      case 'SwitchStatement':
        this.visit(node.discriminant, scope);
        this.block(
          node.cases.flatMap((c) => c.consequent),
          node.cases,
          scope,
        );
        break;
      case 'ForStatement':
        this.block(node.init ? [node.init] : [], children(node), scope);
        break;
      case 'ForInStatement':
      case 'ForOfStatement':
        this.block([node.left], children(node), scope);
        break;
      case 'CatchClause': {
        const inner: Scope = { names: new Set(), parent: scope };
        patternNames(node.param, inner.names);
        this.below(node, inner);
        break;
      }
      case 'LabeledStatement':
        this.visit(node.body, scope);
        break;
      case 'BreakStatement':
      case 'ContinueStatement':
        break;
      default:
        this.below(node, scope);
    }
  }
}

/** Analyses one function (or class) that stands alone. */
export function freeNames(node: FunctionNode | (AnyNode & { type: 'ClassExpression' })): FreeNames {
  const analysis = new Analysis();
  analysis.visit(node as AnyNode, undefined);
  return analysis;
}
