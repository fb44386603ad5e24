/**
 * Writing errors. Structured clone keeps only the built-in class, message, stack and cause; here own
 * enumerable properties and other classes travel as well, and what of these can not be cloned is
 * left out, as an error must get through.
 */
import { attempt } from './attempt';
import { HARD_RECURSION_LIMIT, Tag } from './format';
import { nameOfClass, shownName } from './error-classes';
import { writeValue } from './write-value';
import type { Writer } from './writer';

/** Leaves room for what describes the innermost error's class. */
const ERROR_LIMIT = HARD_RECURSION_LIMIT - 16;

/** Own properties that are not enumerable, and travel nevertheless. */
const HIDDEN = ['message', 'name', 'cause', 'errors'];

export function writeError(w: Writer, error: Error): void {
  if (w.depth > ERROR_LIMIT) throw new RangeError('errors are nested too deeply');
  w.tag(Tag.ERROR);
  const { origin, name, file, ref } = nameOfClass(Object.getPrototypeOf(error) as object | null);
  w.number(origin);
  w.string(name);
  writeValue(w, file);
  // Looked at as soon as it is read, so not to be filled in later.
  w.tentative++;
  writeValue(w, ref);
  w.tentative--;
  w.string(shownName(error));
  writeMembers(w, error);
}

export function writeDOMException(w: Writer, error: DOMException): void {
  if (w.depth > ERROR_LIMIT) throw new RangeError('errors are nested too deeply');
  w.tag(Tag.DOM_EXCEPTION);
  w.string(error.message);
  w.string(error.name);
  writeMembers(w, error);
}

/** Name, whether enumerable, value; in turn, up to an `undefined` in place of a name. */
function writeMembers(w: Writer, error: Error): void {
  w.depth++;
  const { stack } = error;
  if (typeof stack === 'string') {
    w.string('stack');
    w.tag(Tag.FALSE);
    w.string(stack);
  }
  for (const name of HIDDEN) {
    if (Object.getOwnPropertyDescriptor(error, name)?.enumerable !== false) continue;
    // A cause that can not be cloned fails the whole, as in structured clone, which knows no `errors`.
    if (name === 'errors') tryMember(w, error, name, Tag.FALSE);
    else writeMember(w, error, name, Tag.FALSE);
  }
  for (const key of Object.keys(error)) {
    if (key === 'cause') writeMember(w, error, key, Tag.TRUE);
    else if (key !== 'stack') tryMember(w, error, key, Tag.TRUE);
  }
  w.tag(Tag.UNDEFINED);
  w.depth--;
}

function writeMember(w: Writer, error: object, key: string, enumerable: Tag.TRUE | Tag.FALSE): void {
  const value = (error as Record<string, unknown>)[key];
  w.string(key);
  w.tag(enumerable);
  writeValue(w, key === 'message' ? String(value) : value);
}

/** Writes one property, or nothing where it can not be cloned. */
function tryMember(w: Writer, error: object, key: string, enumerable: Tag.TRUE | Tag.FALSE): void {
  attempt(w, () => {
    w.tentative++;
    writeMember(w, error, key, enumerable);
    w.tentative--;
  });
}
