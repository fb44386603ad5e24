/**
 * How the cells of futures that executors make are given back. The collector would do, if it came in
 * time: it gives back nothing while a thread runs without a turn of its event loop, and it takes longer
 * to register an object with it than to queue a task. So a future gives its cell back itself as soon as
 * its outcome has been read, and the collector is told only of those that are not read soon.
 */
import { native, type CellId } from '../../internal/native';
import { running } from '../../internal/worker/state';

/** What gives a cell back when the collector has taken its owner; 0: nothing, any more. */
interface Reminder {
  cell: CellId;
}

/** An object with a cell of its own. */
export interface CellOwner {
  _cell: CellId;
  /** @internal Its place among the young, or what the collector was told. */
  _lifetime: number | Reminder;
}

const collected = new FinalizationRegistry<Reminder>(({ cell }) => {
  if (cell !== 0) native.detach(cell);
});

/** The youngest owners, in a ring. Few, since they and their outcomes are kept alive until the event loop turns. */
const young = new Array<CellOwner | undefined>(64).fill(undefined);
let next = 0;
let scheduled = false;

function tellCollector(owner: CellOwner): void {
  const reminder = { cell: owner._cell };
  owner._lifetime = reminder;
  collected.register(owner, reminder);
}

function tellAll(): void {
  scheduled = false;
  for (const [i, owner] of young.entries()) {
    if (!owner) continue;
    young[i] = undefined;
    tellCollector(owner);
  }
}

running.atEnd.push(tellAll);

/** Has the cell of `owner` given back some time after nobody uses it any more. */
export function keepCell(owner: CellOwner): void {
  const old = young[next];
  if (old) tellCollector(old);
  young[next] = owner;
  owner._lifetime = next;
  next = (next + 1) % young.length;
  if (scheduled) return;
  scheduled = true;
  setImmediate(tellAll).unref();
}

/** Gives the cell back now; `owner` must not use it any more. */
export function giveCellBack(owner: CellOwner): void {
  const cell = owner._cell;
  if (typeof owner._lifetime === 'number') young[owner._lifetime] = undefined;
  else owner._lifetime.cell = 0;
  native.detach(cell);
}
