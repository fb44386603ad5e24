import assert from 'node:assert/strict';
import { types } from 'node:util';

const keysOf = (value: object) =>
  ArrayBuffer.isView(value) || types.isAnyArrayBuffer(value) || types.isStringObject(value) ? [] : Object.keys(value);

/** What lies directly within `value`, in an order that a clone has to keep. */
function* members(value: object): Generator {
  if (value instanceof Map) for (const entry of value) yield* entry;
  if (value instanceof Set) yield* value;
  if (ArrayBuffer.isView(value)) yield value.buffer;
  if (value instanceof Error) yield value.cause;
  for (const key of keysOf(value)) yield (value as Record<string, unknown>)[key];
}

/** What `value` is apart from its members, in a form that can be compared. */
function surface(value: object): unknown[] {
  const kind = [Object.getPrototypeOf(value), Object.prototype.toString.call(value), keysOf(value)];
  if (Array.isArray(value)) return [...kind, value.length];
  if (value instanceof Date) return [...kind, value.getTime()];
  if (value instanceof RegExp) return [...kind, value.source, value.flags, value.lastIndex];
  if (value instanceof Error) return [...kind, value.name, value.message, value.stack, 'cause' in value];
  if (types.isBoxedPrimitive(value)) return [...kind, value.valueOf()];
  if (value instanceof ArrayBuffer)
    return [...kind, value.byteLength, (value as never as { resizable: boolean }).resizable, Buffer.from(value)];
  if (ArrayBuffer.isView(value)) return [...kind, value.byteOffset, value.byteLength];
  return [...kind, (value as { size?: number }).size];
}

/**
 * Asserts that two values are of the same make in every respect that structured clone keeps: identity
 * within the value, holes, signs of zero, order of keys. `assert.deepStrictEqual` looks at less.
 */
export function assertSame(actual: unknown, expected: unknown): void {
  const twins = new Map<unknown, unknown>();
  const queue: [unknown, unknown][] = [[actual, expected]];
  for (const [a, e] of queue) {
    if (typeof e !== 'object' || e === null || typeof a !== 'object' || a === null) {
      assert.ok(Object.is(a, e), `${String(a)} instead of ${String(e)}`);
      continue;
    }
    if (twins.has(e)) {
      assert.equal(a, twins.get(e), 'the same object twice has become two, or two have become one');
      continue;
    }
    twins.set(e, a);
    const shown = surface(a);
    surface(e).forEach((part, i) => {
      if (typeof part === 'object') assert.deepStrictEqual(shown[i], part);
      else assert.ok(Object.is(shown[i], part), `${String(shown[i])} instead of ${String(part)}`);
    });
    const below = [...members(a)];
    [...members(e)].forEach((member, i) => queue.push([below[i], member]));
  }
  assert.equal(new Set(twins.values()).size, twins.size, 'two objects have become one');
}
