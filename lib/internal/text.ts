const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

/** An object of the library as `console.log` shows it, where it says that itself; else its class and name. */
export function textOf(object: object): string {
  const custom = (object as { [INSPECT]?: unknown })[INSPECT];
  const text: unknown = typeof custom === 'function' ? Reflect.apply(custom, object, []) : undefined;
  if (typeof text === 'string') return text;
  const { name } = object as { name?: unknown };
  return `<${object.constructor.name}${typeof name === 'string' ? ` '${name}'` : ''}>`;
}
