import { describe } from '../../internal/arguments';
import { typeError } from '../../internal/errors';
import { compareKeys, encodeKey, keyBytes } from '../../queue/key';

/**
 * The items in Python's order, which is that of a PriorityQueue; equal ones as they were, also in reverse.
 *
 * @throws TypeError where some do not compare
 */
export function sorted(method: string, items: readonly unknown[], reverse: boolean): unknown[] {
  // One alone is compared with nothing.
  if (items.length < 2) return [...items];
  const keyed = items.map((item) => {
    const length = encodeKey(method, item, '');
    return { item, key: keyBytes().slice(0, length) };
  });
  keyed.sort((a, b) => {
    const order = compareKeys(a.key, b.key);
    if (order === undefined) throw typeError(`${method}(): ${describe(a.item)} and ${describe(b.item)} do not compare`);
    return reverse ? -order : order;
  });
  return keyed.map(({ item }) => item);
}
