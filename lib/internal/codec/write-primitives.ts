/** Writing and reading the library's own primitives: class, cell, and whatever else the class needs. */
import { discard, revive, share, type Shareable } from '../handles';
import { SHARED_ARENA } from '../native';
import { CloneFailure } from './failure';
import { HARD_RECURSION_LIMIT, Tag } from './format';
import { readValue } from './read-value';
import type { Reader } from './reader';
import { writeValue } from './write-value';
import type { Writer } from './writer';

export function writePrimitive(w: Writer, value: Shareable): void {
  if (w.depth > HARD_RECURSION_LIMIT) throw new RangeError('primitives are nested too deeply');
  const { classId, cell, extra } = value[share]();
  // From here on the message owns the reference, and whoever gives the message up gives it back.
  w.cells.push(cell);
  if (w.toProcess && cell < SHARED_ARENA) {
    const { name } = value.constructor;
    throw new CloneFailure(value, `a ${name} of this process can not be sent to another one: use multiprocessing.${name}`);
  }
  w.tagged(Tag.PRIMITIVE, classId);
  w.uint32(cell);
  w.depth++;
  // `revive` has to find it whole, not filled in later.
  w.tentative++;
  writeValue(w, extra);
  w.tentative--;
  w.depth--;
}

export function readPrimitive(r: Reader): object {
  const number = r.reserve();
  const classId = r.uint32();
  const cell = r.uint32();
  const extra = readValue(r);
  const value = revive(classId, cell, extra);
  // Not before: a reference that was not adopted is given back by the one who gives up the message.
  r.adopted.push(cell);
  r.fill(number, value);
  return value;
}

/** Gives back one reference for each of `cells`. */
export function discardCells(cells: Iterable<number>): void {
  for (const cell of cells) discard(cell);
}
