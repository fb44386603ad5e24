/**
 * Blocks of the memory that all processes of the tree share, as the ArrayBuffers under `RawArray` and its kin.
 * A message carries a reference to the block, and the receiver gets the same memory.
 */
import { CellClass, DATA } from '../internal/cell';
import { Attached, Primitive, registerClass, sharedMemory } from '../internal/handles';
import { type CellId, native, SHARED_CLASS } from '../internal/native';
import { dressed } from './typecodes';

/** The word with the number of the typecode that a block was made for. */
const CODE = DATA + 1;

/** What travels with a block beside its cell, and makes what it is for at the other end. */
export type Extra = readonly [kind: string, ...rest: unknown[]];

const makers = new Map<string, (memory: Memory | undefined, extra: Extra, attached: Attached) => object>();

/** Says what is made of a message whose extra is of that kind. */
export function registerKind(kind: string, make: (memory: Memory | undefined, extra: Extra, attached: Attached) => object): void {
  makers.set(kind, make);
}

/** Modules that register kinds, seen from this one. */
const HOMES: Record<string, string> = {
  value: './value',
  array: './array',
  shared_memory: './shared_memory/shared_memory',
  shareable_list: './shared_memory/shareable_list',
};

export class Memory extends Primitive {
  readonly buffer: ArrayBuffer;

  constructor(attached: Attached) {
    super(CellClass.Memory, 'Memory', attached);
    this.buffer = native.memoryView(this._cell);
    sharedMemory.set(this.buffer, this);
  }

  /** @throws RangeError where there is no memory */
  static create(bytes: number, code: number): Memory {
    const cell = native.memoryCreate(bytes);
    if (cell === 0) throw new RangeError(`out of memory: there is no room for ${bytes} shared bytes`);
    const memory = new Memory(new Attached(cell));
    memory._w[memory._i + CODE] = code;
    blocks.set(cell, new WeakRef(memory.buffer));
    return memory;
  }

  get _class(): number {
    return CellClass.Memory;
  }

  override get _shared(): boolean {
    return true;
  }

  get code(): number {
    return this._w[this._i + CODE];
  }

  /** Gives a view that came with a message the methods of its typecode. */
  dress(view: ArrayBufferView): void {
    dressed(this.code, view);
  }
}

/** The buffers that this isolate has, so that the same block is the same buffer. */
const blocks = new Map<CellId, WeakRef<ArrayBuffer>>();
const gone = new FinalizationRegistry<CellId>((cell) => {
  if (blocks.get(cell)?.deref() === undefined) blocks.delete(cell);
});

function memoryOf(attached: Attached): Memory {
  const known = blocks.get(attached.cell)?.deref();
  const memory = known && (sharedMemory.get(known) as Memory | undefined);
  if (memory) {
    native.detach(attached.cell);
    return memory;
  }
  const made = new Memory(attached);
  blocks.set(attached.cell, new WeakRef(made.buffer));
  gone.register(made.buffer, attached.cell);
  return made;
}

registerClass(CellClass.Memory + SHARED_CLASS, 'multiprocessing.Memory', Memory, (attached) => {
  const extra = attached.extra as Extra | undefined;
  if (extra === undefined) return memoryOf(attached).buffer;
  const [kind] = extra;
  // eslint-disable-next-line @typescript-eslint/no-require-imports -- built on this module
  if (!makers.has(kind) && Object.hasOwn(HOMES, kind)) require(HOMES[kind]);
  return makers.get(kind)!(kind === 'value' || kind === 'array' ? memoryOf(attached) : undefined, extra, attached);
});
