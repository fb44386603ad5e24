/** Reading binary data. */
import { typeError } from '../errors';
import { sharedMemory } from '../handles';
import { VIEWS } from './format';
import type { Reader } from './reader';
import { readValue } from './read-value';

type ViewClass = new (buffer: ArrayBufferLike, byteOffset: number, length?: number) => ArrayBufferView;
const classes = VIEWS.map((name) => (globalThis as unknown as Record<string, ViewClass | undefined>)[name]);

export function readBuffer(r: Reader): ArrayBuffer {
  const size = r.float64();
  return r.add(r.copy(size));
}

/** One whose bytes stand in the trailer. */
export function readBody(r: Reader): ArrayBuffer {
  return r.add(r.body(r.float64()));
}

export function readResizable(r: Reader): ArrayBuffer {
  const size = r.float64();
  const maxByteLength = r.float64();
  const Resizable = ArrayBuffer as unknown as new (size: number, options: { maxByteLength: number }) => ArrayBuffer;
  const buffer = new Resizable(size, { maxByteLength });
  r.copy(size, buffer);
  return r.add(buffer);
}

export function readView(r: Reader): ArrayBufferView {
  const number = r.reserve();
  const kind = r.bytes[r.pos++];
  const buffer = readValue(r) as ArrayBufferLike;
  const byteOffset = r.float64();
  const length = r.float64();
  const View = classes[kind];
  if (View === undefined) throw typeError(`this version of Node has no ${VIEWS[kind] ?? 'such view'}`);
  const view = Number.isNaN(length) ? new View(buffer, byteOffset) : new View(buffer, byteOffset, length);
  sharedMemory.get(buffer)?.dress(view);
  r.fill(number, view);
  return view;
}
