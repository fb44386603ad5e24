const INSPECT: unique symbol = Symbol.for('nodejs.util.inspect.custom') as never;

const UNSHOWN = 'a value that can not be shown';

/** The text that `show` makes of what a program gave: a getter, a `toString` or the trap of a proxy there may throw. */
export function shown(show: () => string): string {
  try {
    return show();
  } catch {
    return UNSHOWN;
  }
}

/** The stack of an error, or what else was thrown, as text. */
export function stackText(error: unknown): string {
  return shown(() => (error instanceof Error ? (error.stack ?? String(error)) : String(error)));
}

/** An object of the library as `console.log` shows it, where it says that itself; else its class and name. */
export function textOf(object: object): string {
  const custom = (object as { [INSPECT]?: unknown })[INSPECT];
  const text: unknown = typeof custom === 'function' ? Reflect.apply(custom, object, []) : undefined;
  if (typeof text === 'string') return text;
  const { name } = object as { name?: unknown };
  return `<${object.constructor.name}${typeof name === 'string' ? ` '${name}'` : ''}>`;
}
