/** Writing binary data: buffers by one copy, views by their buffer, shared ones by reference. */
/* eslint-disable @typescript-eslint/unbound-method -- built-in methods, kept from before anyone could replace them, and used with call() */
import { types } from 'node:util';
import type { Serializer } from 'node:v8';
import { core } from '../core_modules';
import { sharedMemory } from '../handles';
import { CloneFailure } from './failure';
import { BODY_BYTES, Tag, VIEWS } from './format';
import { offer } from './shared-buffers';
import { writePrimitive } from './write-primitives';
import type { Writer } from './writer';

/** ES2024, in Node 20 already. */
interface Resizable {
  readonly resizable?: boolean;
  readonly growable?: boolean;
  readonly maxByteLength?: number;
}

const NOT_TO_PROCESS =
  'a SharedArrayBuffer can not be shared with another process: ' +
  'use SharedMemory (nogil/multiprocessing/shared_memory) or RawArray (nogil/multiprocessing)';

const kinds = new Map(VIEWS.map((name, kind) => [name, kind]));
const nameOfTypedArray = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;

/** The whole of `buffer`. A detached one has no bytes to look at, which is how it is told from an empty one. */
function bytesOf(buffer: ArrayBuffer): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch {
    throw new CloneFailure(buffer, 'a detached ArrayBuffer can not be cloned');
  }
}

export function writeBuffer(w: Writer, buffer: ArrayBuffer): void {
  const memory = sharedMemory.get(buffer);
  if (memory !== undefined) {
    writePrimitive(w, memory);
    return;
  }
  const source = bytesOf(buffer);
  const { resizable, maxByteLength } = buffer as Resizable;
  if (w.gathers && source.length >= BODY_BYTES && !resizable) {
    w.body(source);
    return;
  }
  w.ensure(17 + source.length);
  w.tag(resizable ? Tag.RESIZABLE_BUFFER : Tag.BUFFER);
  w.float64(source.length);
  if (resizable) w.float64(maxByteLength!);
  w.raw(source);
}

/** A SharedArrayBuffer, a shared memory or a module of WebAssembly. */
export function writeShared(w: Writer, object: object): void {
  if (w.toProcess) throw new CloneFailure(object, types.isSharedArrayBuffer(object) ? NOT_TO_PROCESS : undefined);
  let entry;
  try {
    entry = offer(object);
  } catch (error) {
    throw new CloneFailure(object, `it can not be shared: ${(error as Error).message}`);
  }
  w.shared.push(entry);
  w.tag(Tag.SHARED_OBJECT);
  for (let i = 0; i < entry.id.length; i++) w.tag(entry.id.charCodeAt(i));
}

export function writeView(w: Writer, view: ArrayBufferView): void {
  const name = types.isDataView(view) ? 'DataView' : (nameOfTypedArray.call(view) as string);
  const kind = kinds.get(name);
  if (kind === undefined) throw new CloneFailure(view);
  const buffer = view.buffer as ArrayBufferLike & Resizable;
  const follows = (buffer.resizable === true || buffer.growable === true) && followsLength(view);
  w.tag(Tag.VIEW);
  w.tag(kind);
  if (!w.isKnown(buffer)) {
    if (types.isSharedArrayBuffer(buffer)) writeShared(w, buffer);
    else writeBuffer(w, buffer);
  }
  try {
    w.float64(view.byteOffset);
    w.float64(follows ? NaN : types.isDataView(view) ? view.byteLength : (view as Uint8Array).length);
  } catch {
    throw new CloneFailure(view, 'a view outside the bounds of its buffer can not be cloned'); // DataView's getters throw
  }
}

function newProbe(): Serializer {
  // For V8: a number for a SharedArrayBuffer instead of its contents.
  return Object.assign(new core.v8.Serializer(), { _getSharedArrayBufferId: () => 0 });
}

/**
 * Whether a view on a resizable buffer grows with it. The language does not tell; V8's own format
 * does, in its last byte.
 */
function followsLength(view: ArrayBufferView): boolean {
  const probe = newProbe();
  try {
    probe.writeValue(view);
  } catch {
    throw new CloneFailure(view, 'a view outside the bounds of its buffer can not be cloned');
  }
  return (probe.releaseBuffer().at(-1)! & 1) === 1;
}
