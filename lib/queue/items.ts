/**
 * Items on their way into and out of the native queue. Numbers, booleans, null, undefined and short
 * strings go as they are; everything else as a message of the value codec.
 *
 * The memory that this thread shares with `native/binding/queue.cc` is laid out there.
 */
import { decode, discard, type EncodeOptions, encodeToScratch, inCall, named, type Scratch } from '../internal/codec';
import { Flag } from '../internal/codec/format';
import { stopHere } from '../internal/interruption';
import { type CellId, native, SHARED_ARENA } from '../internal/native';

/** How many items a batch may have. */
export const BATCH = 1024;
const NUMBERS_AT = 64;
const KINDS_AT = NUMBERS_AT + BATCH * 8;
const MESSAGE_AT = KINDS_AT + BATCH;

// Functions that need no `this`, found once rather than at every item.
/* eslint-disable @typescript-eslint/unbound-method */
const { queueGet, queuePutNumber, queuePutConstant, queuePutText, queuePutMessage, queuePutKeyedNumber, queuePutKeyedMessage } =
  native;
const { queueBodyCopy, queueBodiesBack } = native;
/* eslint-enable @typescript-eslint/unbound-method */

const memory = native.queueMemory() ?? stopHere();
const words = new Uint32Array(memory, 0, 16);
export const batchNumbers = new Float64Array(memory, NUMBERS_AT, BATCH);
export const batchKinds = new Uint8Array(memory, KINDS_AT, BATCH);
const batchBytes = new Uint8Array(memory, NUMBERS_AT, BATCH * 8);
const message = new Uint8Array(memory, MESSAGE_AT);

const CAME = 0;
const LENGTH = 1;
const LENGTH_2 = 2;
const BUSY = 3;
const DONE = 4;

/** What came where a call answers undefined. */
const enum Came {
  UNDEFINED,
  MESSAGE,
  LARGE,
  NOTHING,
  SHUT_DOWN,
  BODIES = 6,
}

/** `ItemKind` in `native/queue/item.h`. */
export const enum Kind {
  NUMBER = 1,
  BOOLEAN = 3,
  NULL = 4,
  UNDEFINED = 5,
  TEXT = 6,
  PAYLOAD = 8,
}

/** Beside {@link Kind.BOOLEAN}: it is true. */
const TRUE = 16;

/** Why a put was refused. */
export const enum Refusal {
  FULL = 1,
  SHUT_DOWN,
  INTERRUPTED,
  INCOMPARABLE,
  NO_MEMORY,
}

/** Stands for no item: none came in time. */
export const NOTHING: unique symbol = Symbol('nothing');
/** Stands for no item: none will come any more. */
export const SHUT_DOWN: unique symbol = Symbol('shut down');

const TEXT_MAX = 7;
/** A message buffer of up to this size is kept for the next large message. */
const KEPT_BYTES = 4 * 1024 * 1024;
let spare: Uint8Array | undefined;

/**
 * Takes an item out of the queue.
 *
 * @param ms - to wait at most, negative for ever
 * @returns the item, {@link NOTHING} or {@link SHUT_DOWN}
 */
export function take(cell: CellId, ms: number): unknown {
  const item = queueGet(cell, ms);
  return item === undefined ? received() : item;
}

/** What the native call that just answered undefined left in the shared memory. */
export function received(): unknown {
  switch (words[CAME] as Came) {
    case Came.UNDEFINED:
      return undefined;
    case Came.MESSAGE:
      return decodeHere(message, words[LENGTH]);
    case Came.LARGE:
      return decodeLarge(words[LENGTH] + words[LENGTH_2] * 2 ** 32);
    case Came.BODIES:
      return decodeWithBodies(words[LENGTH]);
    case Came.NOTHING:
      return NOTHING;
    case Came.SHUT_DOWN:
      return SHUT_DOWN;
    default:
      return stopHere();
  }
}

/** Decoding may run code (modules that are imported) which takes items itself; those go elsewhere meanwhile. */
function decodeHere(bytes: Uint8Array, length: number): unknown {
  words[BUSY] = 1;
  try {
    return decode(bytes, length);
  } finally {
    words[BUSY] = 0;
  }
}

/** Of a message whose large buffers are copied straight from where it lies in the queue's memory. */
const bodies = { copy: queueBodyCopy, refuse: queueBodiesBack };

function decodeWithBodies(length: number): unknown {
  words[BUSY] = 1;
  try {
    return decode(message, length, bodies);
  } finally {
    words[BUSY] = 0;
    native.queueBodiesDone();
  }
}

function decodeLarge(length: number): unknown {
  const keep = length <= KEPT_BYTES;
  let bytes = keep ? spare : undefined;
  spare = undefined;
  if (bytes === undefined || bytes.length < length) {
    try {
      bytes = new Uint8Array(keep ? Math.min(2 * length, KEPT_BYTES) : length);
    } catch (error) {
      native.queueGiveBack();
      throw error;
    }
  }
  native.queueOpen(bytes);
  try {
    return decode(bytes, length);
  } finally {
    if (keep) spare = bytes;
  }
}

let written = 0;

/** How many bytes the messages had of what was put last; 0 where it went without one. */
export function bytesWritten(): number {
  return written;
}

export function wrote(bytes: number): void {
  written = bytes;
}

/** How many items of the last `queuePutMany` are in the queue. */
export function putDone(): number {
  return words[DONE];
}

/** Whether a message holds what has to be given back when nobody decodes it. */
export function hasReferences(bytes: Uint8Array): boolean {
  return bytes[0] === 1 || (bytes[1] & Flag.SHARED_OBJECTS) !== 0;
}

/** At most seven characters, each in one byte. */
export function isShort(text: string): boolean {
  const { length } = text;
  if (length > TEXT_MAX) return false;
  for (let i = 0; i < length; i++) if (text.charCodeAt(i) > 0xff) return false;
  return true;
}

/** The short text at a place of the batch. */
export function batchText(i: number): string {
  const at = i * 8;
  let text = '';
  const end = at + batchBytes[at + TEXT_MAX];
  for (let j = at; j < end; j++) text += String.fromCharCode(batchBytes[j]);
  return text;
}

/**
 * Puts an item.
 *
 * @param ms - to wait for room at most, negative for ever
 * @returns undefined: it is in the queue
 * @throws DataCloneError where it can not be cloned
 * @throws RangeError where there is no memory for it
 */
export function put(cell: CellId, item: unknown, ms: number): Refusal | undefined {
  written = 0;
  if (typeof item === 'number') {
    const refusal = queuePutNumber(cell, item, ms);
    return refusal === undefined ? undefined : settled(refusal);
  }
  switch (typeof item) {
    case 'boolean':
      return settled(queuePutConstant(cell, item ? Kind.BOOLEAN | TRUE : Kind.BOOLEAN, ms));
    case 'undefined':
      return settled(queuePutConstant(cell, Kind.UNDEFINED, ms));
    case 'string':
      if (isShort(item)) return settled(queuePutText(cell, item, ms));
      break;
    case 'object':
      if (item === null) return settled(queuePutConstant(cell, Kind.NULL, ms));
      break;
    default:
  }
  return putMessage(cell, encodeItem(item, cell >= SHARED_ARENA ? GATHERED : undefined), ms);
}

/** @throws DataCloneError that speaks of the item of a `put` */
export function encodeItem(item: unknown, options?: EncodeOptions): Scratch {
  try {
    return encodeToScratch(item, options);
  } catch (error) {
    throw inCall(error, 'put', named('item'));
  }
}

const GATHERED: EncodeOptions = { process: true, gather: true };

function putMessage(cell: CellId, { bytes, length, bodies }: Scratch, ms: number): Refusal | undefined {
  written = length;
  if (bodies !== undefined) {
    for (const body of bodies) written += body.length;
    return settled(native.queuePutGathered(cell, bytes, length, ms, bodies));
  }
  if (!hasReferences(bytes)) return settled(queuePutMessage(cell, bytes, length, ms));
  return withReferences(bytes, length, ms, (mine, wait) => queuePutMessage(cell, mine, length, wait));
}

/** Puts an item of a priority queue whose key is the first `keyLength` bytes of `key`. */
export function putKeyed(
  cell: CellId,
  item: unknown,
  ms: number,
  scratch: Scratch | undefined,
  key: Uint8Array,
  keyLength: number,
): Refusal | undefined {
  if (scratch === undefined) return settled(queuePutKeyedNumber(cell, item as number, ms, key, keyLength));
  const { bytes, length } = scratch;
  const attempt = (mine: Uint8Array, wait: number) => queuePutKeyedMessage(cell, mine, length, wait, key, keyLength);
  return hasReferences(bytes) ? withReferences(bytes, length, ms, attempt) : settled(attempt(bytes, ms));
}

/** A message with references is copied before the thread blocks: other messages may overwrite it then, and it may have to be given back. */
function withReferences(
  bytes: Uint8Array,
  length: number,
  ms: number,
  attempt: (bytes: Uint8Array, ms: number) => Refusal | undefined,
): Refusal | undefined {
  let refusal = attempt(bytes, 0);
  if (refusal === undefined) return undefined;
  const mine = bytes.slice(0, length);
  if (refusal === Refusal.FULL && ms !== 0) refusal = attempt(mine, ms);
  if (refusal !== undefined) discard(mine, length);
  return settled(refusal);
}

/** Deals with the refusals that are the same for all queues. */
export function settled(refusal: Refusal | undefined): Refusal | undefined {
  if (refusal === undefined) return undefined;
  if (refusal === Refusal.INTERRUPTED) stopHere();
  if (refusal === Refusal.NO_MEMORY) throw new RangeError('out of memory: there is no room for the item');
  return refusal;
}
