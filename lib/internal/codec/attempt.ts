/** Parts of a message that are left out where they can not be cloned. */
import { settle } from './shared-buffers';
import { discardCells } from './write-primitives';
import type { Writer } from './writer';

/** Has `write` add to the message; where that fails, the message is as before. */
export function attempt(w: Writer, write: () => void): void {
  const point = w.save();
  try {
    write();
  } catch (failure) {
    if (w.exhausted) throw failure;
    discardCells(w.cells.slice(point.cells));
    for (const entry of w.shared.slice(point.shared)) settle(entry);
    w.rewind(point);
  }
}
