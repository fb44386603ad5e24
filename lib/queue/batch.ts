/** Several items at once: written for the native side in one piece, and read from what it took in one go. */
import { discard, type EncodeOptions, encodeToScratch, type Scratch } from '../internal/codec';
import { type CellId, native } from '../internal/native';
import { batchKinds, batchNumbers, batchText, hasReferences, Kind, NOTHING, received, SHUT_DOWN, take } from './items';

/** The kind of a record that holds the key of the item that follows. */
const KEY = 16;
const RECORD_BYTES = 8;

/** Items one after the other, as `native/binding/queue.cc` reads them: kind, length, content, padding up to 8 bytes. */
export class BatchWriter {
  bytes = Buffer.allocUnsafeSlow(4096);
  length = 0;
  count = 0;
  /** Where messages with references are, and for which item. */
  private readonly referring: { item: number; at: number; length: number }[] = [];
  private view = new DataView(this.bytes.buffer);

  constructor(private readonly encoding: EncodeOptions | undefined) {}

  private record(kind: number, length: number): number {
    const at = this.length;
    const end = at + RECORD_BYTES + Math.ceil(length / 8) * 8;
    if (end > this.bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(end, this.bytes.length * 2));
      larger.set(this.bytes.subarray(0, at));
      this.bytes = larger;
      this.view = new DataView(larger.buffer);
    }
    this.view.setUint32(at, kind, true);
    this.view.setUint32(at + 4, length, true);
    this.length = end;
    return at + RECORD_BYTES;
  }

  /** @throws DataCloneError where it can not be cloned */
  item(item: unknown): void {
    switch (typeof item) {
      case 'number': {
        const at = this.record(Kind.NUMBER, 8);
        this.view.setFloat64(at, item, true);
        break;
      }
      case 'boolean': {
        const at = this.record(Kind.BOOLEAN, 1);
        this.bytes[at] = item ? 1 : 0;
        break;
      }
      case 'undefined':
        this.record(Kind.UNDEFINED, 0);
        break;
      default:
        if (item === null) this.record(Kind.NULL, 0);
        else this.message(encodeToScratch(item, this.encoding));
    }
    this.count++;
  }

  private message({ bytes, length }: Scratch): void {
    const at = this.record(Kind.PAYLOAD, length);
    this.bytes.set(bytes.subarray(0, length), at);
    if (hasReferences(bytes)) this.referring.push({ item: this.count, at, length });
  }

  /** The order of the item that is to follow. */
  key(key: Uint8Array, length: number): void {
    const at = this.record(KEY, length);
    this.bytes.set(key.subarray(0, length), at);
  }

  /** Gives back what the items from `first` on refer to. */
  discard(first: number): void {
    for (const { item, at, length } of this.referring) {
      if (item >= first) discard(this.bytes.subarray(at, at + length), length);
    }
  }
}

let reading = false;

export interface Batch {
  items: unknown[] | typeof NOTHING | typeof SHUT_DOWN;
  /** Why the item after `items` could not be read; it is lost, and those behind it are in the queue again. */
  failure?: { error: unknown };
}

/** Takes up to `max` items, waiting for the first. */
export function takeMany(cell: CellId, max: number, ms: number): Batch {
  if (reading) {
    // Code that runs while a batch is decoded: that batch is still in use.
    const item = take(cell, ms);
    return { items: item === NOTHING || item === SHUT_DOWN ? item : [item] };
  }
  const count = native.queueGetMany(cell, max, ms);
  if (count === 0) return { items: received() as typeof NOTHING | typeof SHUT_DOWN };
  const items = new Array<unknown>(count);
  reading = true;
  let i = 0;
  try {
    for (; i < count; i++) items[i] = batchKinds[i] === Kind.NUMBER ? batchNumbers[i] : readOne(i);
    return { items };
  } catch (error) {
    native.queueGiveBackBatch(i + 1);
    items.length = i;
    return { items, failure: { error } };
  } finally {
    reading = false;
  }
}

function readOne(i: number): unknown {
  switch (batchKinds[i] as Kind) {
    case Kind.PAYLOAD: {
      const item = native.queueBatchMessage(i);
      return item === undefined ? received() : item;
    }
    case Kind.TEXT:
      return batchText(i);
    case Kind.BOOLEAN:
      return batchNumbers[i] !== 0;
    case Kind.NULL:
      return null;
    default:
      return undefined;
  }
}
