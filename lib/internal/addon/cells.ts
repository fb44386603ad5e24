import type { CellId } from './ids';

/** Cells, their names, and what messages refer to. Part of `Native` in `native.ts`. */
export interface CellCalls {
  // --- cells.cc: memory ---

  /** A new cell with one reference of this environment, which starts with `words` (16 of them). `shared`: for all processes of the tree. */
  allocate(cellClass: number, words: Int32Array, shared: boolean): CellId;
  /** One more reference of this environment. False: the handle is stale, forged, or of another class. */
  attach(cell: CellId, generation: number, cellClass: number): boolean;
  /** The reference that a message brought becomes this environment's. */
  adopt(cell: CellId): void;
  /** Gives up one reference of this environment. */
  detach(cell: CellId): void;
  /** A reference for a message. */
  pin(cell: CellId): void;
  /** Gives up a message's reference. */
  unpin(cell: CellId): void;
  /** A reference that was pinned is another cell's from now on, which gives it back. */
  bequeath(cell: CellId): void;
  generation(cell: CellId): number;
  /** The memory of the chunk that holds the cell. */
  view(cell: CellId): ArrayBuffer;
  /** Number of cells in use in the process, or in the tree of processes. */
  liveCells(shared?: boolean): number;

  // --- names.cc ---

  /**
   * The cell of that name, with a reference of this environment; 0: none; -1: of another class. Names `cell`
   * where it is free. `cellClass`: `SHARED_CLASS` more where it is shared by processes.
   */
  named(name: string, cellClass: number, cell?: CellId): CellId | 0 | -1;
  setName(cell: CellId, name: string): void;
  getName(cell: CellId): string | undefined;

  // --- functions.cc ---

  /** The number of a function's text, the same in every thread; 0 where there is no room for more. */
  functionNumber(text: string): number;
  functionText(number: number): string | undefined;

  // --- messages.cc ---

  /** Ids of shared objects in messages that native code has dropped since the last call. */
  takeDropped(): Uint8Array | undefined;
  /** Has the C library's allocator keep the memory of large buffers for the next ones; once is enough. */
  keepLargeBlocks(): void;
}
