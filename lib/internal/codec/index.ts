/**
 * The value codec: values to bytes and back, by the structured clone algorithm, plus the library's
 * primitives, errors with their class, and shared buffers. It carries thread arguments, queue items
 * and results.
 */
import { types } from 'node:util';
import { type CellId, SHARED_ARENA } from '../native';
import { CloneFailure, explain } from './failure';
import { Flag, ID_BYTES } from './format';
import { readContents, readValue } from './read-value';
import { type Bodies, Reader } from './reader';
import { raise, settle, settleId } from './shared-buffers';
import { checkTransfer, detach } from './transfer';
import { discardCells, readFields, writeAllFields } from './write-primitives';
import { writeDeferred, writeValue } from './write-value';
import { KEPT_BYTES, Writer } from './writer';

export { counted, inCall, listed, named } from './failure';
export { registerErrorClass } from './error-classes';
export { adopt, endBoot, expectNewcomer, serveRequests, snapshot, type Offer } from './shared-buffers';

export interface EncodeOptions {
  /** Buffers that move instead of being copied: detached here once the message is complete. */
  transfer?: readonly ArrayBuffer[] | undefined;
  /** The message goes to another process, where the memory of this one can not be shared. */
  process?: boolean | undefined;
  /** To a process, and without `transfer`: large buffers may stay where they are, in {@link Scratch.bodies}. */
  gather?: boolean | undefined;
}

const TO_PROCESS: EncodeOptions = { process: true };

/** How to encode for what lies in the memory of `cell`. */
export function encodingFor(cell: CellId): EncodeOptions | undefined {
  return cell >= SHARED_ARENA ? TO_PROCESS : undefined;
}

/** A message in a scratch buffer; see {@link encodeToScratch}. */
export interface Scratch {
  bytes: Uint8Array;
  length: number;
  /** With Flag.BODIES: whoever makes a message of it puts these behind it, then its length. */
  bodies?: readonly Uint8Array[];
}

// One of each kept for the next message; code that runs within a message (getters, share(), imported
// modules) and has messages of its own finds the place empty and makes another.
let spareWriter: Writer | undefined;
let spareReader: Reader | undefined;

/**
 * `value` as bytes. They lie in a scratch buffer that the thread's next `encode` overwrites: whoever
 * needs them longer copies them at once, as the native side does.
 *
 * Each primitive within `value` gives the message one reference, which {@link decode} or
 * {@link discard} takes over. If anything fails, all references are given back and no buffer is detached.
 *
 * @throws DataCloneError that names what can not be cloned, and its place
 * @throws RangeError where the message would be larger than a buffer can be or than memory allows
 */
export function encode(value: unknown, options?: EncodeOptions): Uint8Array {
  const { bytes, length } = encodeToScratch(value, options);
  return new Uint8Array(bytes.buffer, 0, length);
}

const scratch: Scratch = { bytes: new Uint8Array(0), length: 0 };

/**
 * {@link encode} without making a view: the message is the first `length` of `bytes`. The same object
 * is returned each time, save for large messages.
 */
export function encodeToScratch(value: unknown, options?: EncodeOptions): Scratch {
  const w = spareWriter ?? new Writer();
  spareWriter = undefined;
  try {
    const transfer = options?.transfer;
    w.begin(options?.process === true, options?.gather === true && transfer === undefined);
    if (transfer) checkTransfer(transfer);
    writeValue(w, value);
    if (w.deferred.length > 0) writeDeferred(w, 0);
    if (w.fields.length > 0) writeAllFields(w);
    finish(w);
    if (w.bodies.length > 0) return gathered(w);
    if (transfer) detach(transfer);
    // A large buffer is let go of with its message: nothing of ours may keep it.
    if (w.capacity > KEPT_BYTES) return { bytes: w.bytes, length: w.pos };
    scratch.bytes = w.bytes;
    scratch.length = w.pos;
    return scratch;
  } catch (error) {
    giveBack(w);
    throw error instanceof CloneFailure ? explain(error, value) : error;
  } finally {
    w.clear();
    spareWriter = w;
  }
}

function giveBack(w: Writer): void {
  for (const entry of w.shared) settle(entry);
  discardCells(w.cells);
}

function gathered({ bytes, pos: length, bodies, bodyBytes, cells }: Writer): Scratch {
  let there = 0;
  for (const body of bodies) there += body.length;
  if (there !== bodyBytes) throw new RangeError('a buffer was detached while the message that it is part of was written');
  if (cells.length === 0) return { bytes, length, bodies };
  // Native code may have to give the references back, and the message be kept until then: in one piece.
  const all = Buffer.allocUnsafeSlow(length + bodyBytes + 4);
  all.set(bytes.subarray(0, length));
  let at = length;
  for (const body of bodies) {
    all.set(body, at);
    at += body.length;
  }
  all.writeUint32LE(length, at);
  return { bytes: all, length: all.length };
}

/** Adds what is known only at the end: flags, trailer, reference table. */
function finish(w: Writer): void {
  const { cells, shared } = w;
  w.bytes[0] = 0;
  w.bytes[1] =
    (w.referred ? Flag.REFERENCES : 0) | (shared.length > 0 ? Flag.SHARED_OBJECTS : 0) | (w.bodies.length > 0 ? Flag.BODIES : 0);
  if (shared.length > 0) {
    for (const { id } of shared) for (let i = 0; i < ID_BYTES; i++) w.tag(id.charCodeAt(i));
    w.uint32(shared.length);
  }
  if (cells.length === 0) return;
  const head = 8 + 4 * cells.length;
  w.ensure(head);
  w.bytes.copyWithin(head, 1, w.pos);
  w.pos += head - 1;
  w.bytes.fill(0, 0, 8);
  w.bytes[0] = 1;
  w.view.setUint32(4, cells.length, true);
  cells.forEach((cell, i) => w.view.setUint32(8 + 4 * i, cell, true));
}

function uint32At(bytes: Uint8Array, at: number): number {
  return (bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24)) >>> 0;
}

/** Whether a message has objects of the library in it. */
export function holdsCells(bytes: Uint8Array): boolean {
  return bytes[0] === 1;
}

/** The reference table of a message. */
function cellsOf(bytes: Uint8Array): number[] {
  if (bytes[0] !== 1) return [];
  return Array.from({ length: uint32At(bytes, 4) }, (_, i) => uint32At(bytes, 8 + 4 * i));
}

function forEachShared(bytes: Uint8Array, length: number, fn: (id: string) => void): void {
  const count = uint32At(bytes, length - 4);
  const first = length - 4 - count * ID_BYTES;
  for (let i = 0; i < count; i++) {
    fn(String.fromCharCode(...bytes.subarray(first + i * ID_BYTES, first + (i + 1) * ID_BYTES)));
  }
}

/**
 * The value that a message holds. Takes over the message's references, so that it can be decoded once
 * only; the bytes may be overwritten afterwards.
 *
 * @param length - of the message, where `bytes` is longer
 * @param bodies - where these are not in the message, which ends with what they follow
 */
export function decode(bytes: Uint8Array, length: number = bytes.length, bodies?: Bodies): unknown {
  const r = spareReader ?? new Reader();
  spareReader = undefined;
  const body = bytes[0] === 1 ? 8 + 4 * uint32At(bytes, 4) : 1;
  const flags = bytes[body];
  try {
    const bodyAt = flags & Flag.BODIES && bodies === undefined ? uint32At(bytes, length - 4) : length;
    r.begin(bytes, body + 1, (flags & Flag.REFERENCES) !== 0, bodyAt, bodies);
    const value = readValue(r);
    if (r.deferred.length > 0) readContents(r, 0);
    if (r.fields.length > 0) readFields(r);
    return value;
  } catch (error) {
    discardRest(bytes, r.adopted);
    throw error;
  } finally {
    if (flags & Flag.SHARED_OBJECTS) forEachShared(bytes, length, settleId);
    r.clear();
    spareReader = r;
  }
}

/** {@link decode} for a copy of a message that is kept, and may be decoded more than once. */
export function decodeCopy(bytes: Uint8Array): unknown {
  const body = bytes[0] === 1 ? 8 + 4 * uint32At(bytes, 4) : 1;
  if (bytes[body] & Flag.SHARED_OBJECTS) forEachShared(bytes, bytes.length, raise);
  return decode(bytes);
}

/** Gives back the references that nothing has adopted before reading failed. */
function discardRest(bytes: Uint8Array, adopted: readonly number[]): void {
  const rest = cellsOf(bytes);
  for (const cell of adopted) rest.splice(rest.indexOf(cell), 1);
  discardCells(rest);
}

/** Gives back the references of a message that nobody will decode. */
export function discard(bytes: Uint8Array, length: number = bytes.length): void {
  discardCells(cellsOf(bytes));
  const body = bytes[0] === 1 ? 8 + 4 * uint32At(bytes, 4) : 1;
  if (bytes[body] & Flag.SHARED_OBJECTS) forEachShared(bytes, length, settleId);
}

/**
 * {@link encode} for what was thrown: always succeeds, memory permitting. What can not be cloned (a
 * cause, or a thrown value that is not an error) is left out or replaced by its text.
 */
export function encodeError(error: unknown, options?: EncodeOptions): Uint8Array {
  try {
    return encode(error, options);
  } catch {
    return encode(plainError(error), options);
  }
}

/** Name, message and stack of an error, and nothing else. */
function plainError(error: unknown): Error {
  try {
    if (!types.isNativeError(error)) return new Error(String(error));
    const plain = new Error(error.message);
    Object.setPrototypeOf(plain, Object.getPrototypeOf(error) as object);
    plain.stack = error.stack ?? '';
    return plain;
  } catch {
    return new Error('a value that can not be shown'); // a toString or getter of its own that throws
  }
}
