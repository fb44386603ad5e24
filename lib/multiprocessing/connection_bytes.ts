/** The arguments of the methods of a connection that send and receive bytes. */
import { describe, integerArgument } from '../internal/arguments';
import { typeError, ValueError } from '../internal/errors';
import { BufferTooShort } from './errors';

/** Memory that bytes are taken from and put into. */
export type BytesLike = ArrayBufferView | ArrayBufferLike;

/** Which part of a buffer to send. */
export interface PartOptions {
  offset?: number | null | undefined;
  size?: number | null | undefined;
}

/** How long a message may be. */
export interface LengthOptions {
  maxlength?: number | null | undefined;
}

/** Where in a buffer a message goes. */
export interface OffsetOptions {
  offset?: number | null | undefined;
}

export const PART = ['buf', 'offset', 'size'];
export const LENGTH = ['maxlength'];
export const ROOM = ['buf', 'offset'];

function bytesOf(method: string, buffer: unknown): Uint8Array {
  if (ArrayBuffer.isView(buffer)) return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  const tag = Object.prototype.toString.call(buffer);
  if (tag === '[object ArrayBuffer]' || tag === '[object SharedArrayBuffer]') return new Uint8Array(buffer as ArrayBuffer);
  throw typeError(`${method}(): 'buf' must be a buffer or a view on one, not ${describe(buffer)}`);
}

/** What `send_bytes` sends: a copy, since all of a view's buffer would be sent. */
export function partOf(method: string, [buf, offset, size]: readonly unknown[]): Uint8Array {
  const bytes = bytesOf(method, buf);
  const from = integerArgument(method, 'offset', offset ?? 0);
  if (from < 0) throw new ValueError(`${method}(): offset is negative`);
  if (from > bytes.length) throw new ValueError(`${method}(): buffer length < offset`);
  const n = integerArgument(method, 'size', size ?? bytes.length - from);
  if (n < 0) throw new ValueError(`${method}(): size is negative`);
  if (from + n > bytes.length) throw new ValueError(`${method}(): buffer length < offset + size`);
  return Uint8Array.from(bytes.subarray(from, from + n));
}

/** The longest message that `recv_bytes` takes. */
export function lengthOf(method: string, [maxlength]: readonly unknown[]): number {
  const most = integerArgument(method, 'maxlength', maxlength ?? Number.MAX_SAFE_INTEGER);
  if (most < 0) throw new ValueError(`${method}(): negative maxlength`);
  return most;
}

/** Where `recv_bytes_into` puts a message. */
export function roomOf(method: string, [buf, offset]: readonly unknown[]): Uint8Array {
  const room = bytesOf(method, buf);
  const at = integerArgument(method, 'offset', offset ?? 0);
  if (at < 0) throw new ValueError(`${method}(): negative offset`);
  if (at > room.length) throw new ValueError(`${method}(): offset too large`);
  return room.subarray(at);
}

/** @returns how many bytes came; a `BufferTooShort` has those for which there is no room */
export function filled(room: Uint8Array, bytes: Uint8Array): number {
  if (bytes.length > room.length) throw new BufferTooShort(bytes);
  room.set(bytes);
  return bytes.length;
}

/** What came, where it was sent as bytes. */
export function messageBytes(method: string, item: unknown): Uint8Array {
  if (ArrayBuffer.isView(item)) return bytesOf(`Connection.${method}`, item);
  throw typeError(`Connection.${method}(): the message is of send() and no bytes: ${describe(item)}`);
}
