import { booleanArgument, isOptions, keywords } from '../internal/arguments';
import { CellClass } from '../internal/cell';
import { Attached } from '../internal/handles';
import { type CellId, native } from '../internal/native';
import { Connection } from './connection_end';

/** How many messages may be under way in one direction before `send` waits. */
const MESSAGES = 4096;
const NONE = 0;

/**
 * The two ends of a new pipe. What is sent by one is received from the other.
 *
 * @param duplex - `false`: the first end only receives, the second only sends
 * @see https://docs.python.org/3/library/multiprocessing.html#multiprocessing.Pipe
 */
export function Pipe(duplex: boolean | { duplex?: boolean | undefined } = true): [Connection, Connection] {
  const [given] = isOptions(duplex) ? keywords('Pipe', ['duplex'], [duplex]) : [duplex];
  const both = booleanArgument('Pipe', 'duplex', given, true);
  const forth: CellId = native.queueCreate(CellClass.SimpleQueue, MESSAGES, true);
  const back: CellId = both ? native.queueCreate(CellClass.SimpleQueue, MESSAGES, true) : NONE;
  // Each end refers to its queues; the references that they were made with are not needed any more.
  const ends = [native.connectionCreate(forth, back), native.connectionCreate(back, forth)].map(
    (cell) => new Connection(new Attached(cell)),
  );
  native.detach(forth);
  if (both) native.detach(back);
  return ends as [Connection, Connection];
}
