import type * as Acorn from 'acorn';
import type { AnyNode, Options, Program } from 'acorn';

const OPTIONS: Options = {
  ecmaVersion: 'latest',
  allowImportExportEverywhere: true,
  allowReturnOutsideFunction: true,
  allowSuperOutsideMethod: true,
  checkPrivateFields: false,
};

let acorn: typeof Acorn | undefined;

/**
 * Parses a script or module.
 *
 * @throws SyntaxError
 */
export function parse(source: string, sourceType: 'script' | 'module' = 'script'): Program {
  // Loaded when it is needed: most threads only resolve references, and the parser takes longer to load than all the rest.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  acorn ??= require('acorn') as typeof Acorn;
  return acorn.parse(source, { ...OPTIONS, sourceType });
}

const isNode = (value: unknown): value is AnyNode => typeof (value as { type?: unknown } | null)?.type === 'string';

/** The nodes directly below a node. */
export function* children(node: AnyNode): Generator<AnyNode> {
  for (const value of Object.values(node)) {
    if (Array.isArray(value)) yield* value.filter(isNode);
    else if (isNode(value)) yield value;
  }
}

/** The name of a property where the text gives it away: `a`, `'a'`, `1` and `['a']`. */
export function staticKey(key: AnyNode, computed: boolean): string | undefined {
  if (key.type === 'Identifier' && !computed) return key.name;
  return key.type === 'Literal' ? String(key.value) : undefined;
}
