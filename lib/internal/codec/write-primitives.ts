/** Writing and reading the library's own primitives: class, cell, and whatever else the class needs. */
import { Attached, discard, revive, share, type Shareable } from '../handles';
import { libraryClass } from '../library_classes';
import { SHARED_ARENA } from '../native';
import { attempt } from './attempt';
import { CloneFailure } from './failure';
import { HARD_RECURSION_LIMIT, SUBCLASS, Tag } from './format';
import { setProperty } from './read-shapes';
import { readContents, readValue } from './read-value';
import type { Reader } from './reader';
import { writeDeferred, writeValue } from './write-value';
import type { Writer } from './writer';

export function writePrimitive(w: Writer, value: Shareable): void {
  if (w.depth > HARD_RECURSION_LIMIT) throw new RangeError('primitives are nested too deeply');
  const { classId, cell, extra, state, fields, subclass } = value[share]();
  // From here on the message owns the reference, and whoever gives the message up gives it back.
  w.cells.push(cell);
  if (w.toProcess && cell < SHARED_ARENA) {
    const { name } = libraryClass(value) ?? value.constructor;
    throw new CloneFailure(value, `a ${name} of this process can not be sent to another one: use multiprocessing.${name}`);
  }
  const more = fields === undefined ? Tag.PRIMITIVE_AND_STATE : Tag.PRIMITIVE_AND_FIELDS;
  w.tagged(
    state === undefined && fields === undefined ? Tag.PRIMITIVE : more,
    subclass === undefined ? classId : classId | SUBCLASS,
  );
  w.uint32(cell);
  if (subclass !== undefined) w.string(subclass);
  w.depth++;
  // `revive` has to find it whole, not filled in later.
  w.tentative++;
  writeValue(w, extra);
  w.tentative--;
  if (fields !== undefined) w.fields.push(fields);
  else if (state !== undefined) writeValue(w, state);
  w.depth--;
}

export function writeAllFields(w: Writer): void {
  // The list grows while it is written.
  for (const fields of w.fields) writeFields(w, fields);
}

/** Each with all that it holds, so that one which can not be cloned is left out as a whole. */
function writeFields(w: Writer, fields: Record<string, unknown>): void {
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === 'function' || typeof value === 'symbol') continue;
    attempt(w, () => {
      const first = w.deferred.length;
      w.depth = 0;
      w.string(key);
      writeValue(w, value);
      writeDeferred(w, first);
    });
  }
  w.tag(Tag.UNDEFINED);
}

export function readPrimitive(r: Reader, tag: Tag): object {
  const number = r.reserve();
  const classId = r.uint32();
  const cell = r.uint32();
  const subclass = classId & SUBCLASS ? (readValue(r) as string) : undefined;
  const attached = new Attached(cell, readValue(r), subclass);
  const value = revive(classId & ~SUBCLASS, attached);
  // Not before: a reference that was not adopted is given back by the one who gives up the message.
  r.adopted.push(cell);
  r.fill(number, value);
  if (tag === Tag.PRIMITIVE_AND_FIELDS) {
    r.fields.push(attached);
  } else if (tag === Tag.PRIMITIVE_AND_STATE) {
    const state = readValue(r);
    attached.receive?.(state);
  }
  return value;
}

export function readFields(r: Reader): void {
  // The list grows while it is read.
  for (const attached of r.fields) {
    const fields = {};
    for (let key = readValue(r); key !== undefined; key = readValue(r)) {
      const first = r.deferred.length;
      const value = readValue(r);
      readContents(r, first);
      setProperty(fields, key as string, value);
    }
    attached.receive?.(fields);
  }
}

/** Gives back one reference for each of `cells`. */
export function discardCells(cells: Iterable<number>): void {
  for (const cell of cells) discard(cell);
}
