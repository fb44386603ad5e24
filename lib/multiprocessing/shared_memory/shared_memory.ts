import { randomBytes } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { booleanArgument, integerArgument, isOptions, keywords, stringArgument } from '../../internal/arguments';
import { CellClass } from '../../internal/cell';
import { FileExistsError, FileNotFoundError, OSError, PermissionError, ValueError } from '../../internal/errors';
import { type Attached, Primitive } from '../../internal/handles';
import { native } from '../../internal/native';
import { requireProcesses } from '../../internal/process/supported';
import { type Extra, registerKind } from '../memory';
import { FOLDER } from './folder';
import { track, untrack } from './tracker';

const KEYWORDS = ['name', 'create', 'size', 'track'] as const;

/** Keywords of {@link SharedMemory}. */
export interface SharedMemoryOptions {
  /** Under which others find it; where it is made, nothing gives it a new name. */
  name?: string | null | undefined;
  /** Whether it is made; otherwise it has to be there. Default `false`. */
  create?: boolean | undefined;
  /** In bytes, of one that is made. */
  size?: number | undefined;
  /** Whether it is removed when the tree of processes that made it is gone. Default `true`. */
  track?: boolean | undefined;
}

/** A system's error as Python's class of it. */
function translate(error: unknown, name: string): Error {
  const { code, errno, message } = error as NodeJS.ErrnoException;
  const Class =
    code === 'EEXIST'
      ? FileExistsError
      : code === 'ENOENT'
        ? FileNotFoundError
        : code === 'EACCES' || code === 'EPERM'
          ? PermissionError
          : OSError;
  const translated = new Class(`SharedMemory '${name}': ${message}`, { cause: error });
  if (errno !== undefined) translated.errno = -errno;
  return translated;
}

function attempt<R>(name: string, fn: () => R): R {
  try {
    return fn();
  } catch (error) {
    throw translate(error, name);
  }
}

function nameArgument(name: unknown): string | undefined {
  const given = stringArgument('SharedMemory', 'name', name)?.replace(/^\//, '');
  if (given === undefined) return undefined;
  if (given === '' || given === '.' || given === '..' || /[/\s\0]/.test(given) || Buffer.byteLength(given) > 250) {
    throw new ValueError(`SharedMemory(): 'name' must be a file name without slashes and spaces, not '${given}'`);
  }
  return given;
}

/**
 * Memory with a name, which processes of one tree and of others find by it. It is the same as Python's: either
 * can attach to the other's. Sent to another process it attaches there.
 *
 * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html
 */
export class SharedMemory extends Primitive {
  private readonly _file: string;
  private readonly _tracked: boolean;
  private _buffer: Uint8Array;
  private readonly _size: number;

  /**
   * @throws FileExistsError where it is to be made, and there is one of that name
   * @throws FileNotFoundError where there is none
   * @throws ValueError where the size is not positive, or neither a name nor `create` is given
   */
  constructor(options?: SharedMemoryOptions);
  constructor(name?: string | null, create?: boolean, size?: number, options?: { track?: boolean });
  constructor(...args: unknown[]) {
    super(CellClass.Memory, 'SharedMemory', undefined);
    const given = args.length === 1 && isOptions(args[0]) ? [args[0]] : args.filter((arg, i) => arg !== undefined || i < 3);
    const [name, create, size, tracked] = keywords('SharedMemory', KEYWORDS, given);
    const make = booleanArgument('SharedMemory', 'create', create, false);
    const bytes = integerArgument('SharedMemory', 'size', size, 0);
    const wanted = nameArgument(name);
    if (bytes < 0) throw new ValueError("SharedMemory(): 'size' must be a positive integer");
    if (make && bytes === 0) throw new ValueError("SharedMemory(): 'size' must be a positive number different from zero");
    if (!make && wanted === undefined) throw new ValueError("SharedMemory(): 'name' can only be None if create=True");
    requireProcesses('SharedMemory');
    // Only what this tree makes is removed with it.
    this._tracked = booleanArgument('SharedMemory', 'track', tracked, true);
    const [file, descriptor] = make ? this._make(wanted) : [wanted!, attempt(wanted!, () => openSync(at(wanted!), 'r+'))];
    this._file = file;
    let mapped: ArrayBuffer | undefined;
    try {
      if (make) attempt(file, () => ftruncateSync(descriptor, bytes));
      const there = fstatSync(descriptor).size;
      if (there === 0) throw new ValueError(`SharedMemory '${file}': cannot map an empty file`);
      mapped = native.mapFile(descriptor, there);
      if (mapped === undefined) throw new OSError(`SharedMemory '${file}': there is no room for ${there} bytes`);
    } catch (error) {
      if (make) this.unlink();
      throw error;
    } finally {
      closeSync(descriptor);
    }
    this._buffer = new Uint8Array(mapped);
    this._size = mapped.byteLength;
  }

  private _make(wanted: string | undefined): [string, number] {
    for (;;) {
      const file = wanted ?? `psm_${randomBytes(4).toString('hex')}`;
      try {
        const descriptor = attempt(file, () => openSync(at(file), 'wx+', 0o600));
        if (this._tracked) track(file);
        return [file, descriptor];
      } catch (error) {
        if (wanted !== undefined || !(error instanceof FileExistsError)) throw error;
      }
    }
  }

  /** @internal */
  get _class(): number {
    return CellClass.Memory;
  }

  /** @internal */
  override get _shared(): boolean {
    return true;
  }

  /** @internal */
  protected override _extra(): Extra {
    return ['shared_memory', this._file];
  }

  /** Under which others find it. */
  override get name(): string {
    return this._file;
  }

  /** In bytes. */
  get size(): number {
    return this._size;
  }

  /** The memory itself. After {@link close} it, and every view on its buffer, has no elements any more. */
  get buf(): Uint8Array {
    return this._buffer;
  }

  /**
   * Ends this object's access to the memory. Others keep theirs.
   *
   * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html#multiprocessing.shared_memory.SharedMemory.close
   */
  close(): void {
    native.detachBuffer(this._buffer.buffer as ArrayBuffer);
  }

  /**
   * Removes the name. The memory goes when all have closed it.
   *
   * @throws FileNotFoundError where it was removed before
   * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html#multiprocessing.shared_memory.SharedMemory.unlink
   */
  unlink(): void {
    attempt(this._file, () => {
      unlinkSync(at(this._file));
    });
    if (this._tracked) untrack(this._file);
  }

  /** {@link close}, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    this.close();
    return Promise.resolve();
  }

  /** @internal */
  [Symbol.for('nodejs.util.inspect.custom')](): string {
    return `SharedMemory('${this._file}', size=${this._size})`;
  }
}

function at(name: string): string {
  return path.join(FOLDER, name);
}

/** @internal What came with a message beside the name has done its duty. */
export function release(attached: Attached): void {
  native.detach(attached.cell);
}

registerKind('shared_memory', (_memory, [, name], attached) => {
  release(attached);
  return new SharedMemory({ name: name as string });
});
