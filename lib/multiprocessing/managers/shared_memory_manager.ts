import { ProcessError } from '../errors';
import { SharedMemory } from '../shared_memory/shared_memory';
import { type ShareableItem, ShareableList } from '../shared_memory/shareable_list';

/**
 * Makes named shared memory and removes it all at once, when it is shut down: `using memory = new SharedMemoryManager()`
 * starts it and ends it with the block. What it made can be sent to other processes like any shared memory.
 *
 * Unlike Python's it needs no process of its own: shared memory is removed with the tree of processes that made it anyway.
 *
 * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html#multiprocessing.managers.SharedMemoryManager
 */
export class SharedMemoryManager {
  #state: 'initial' | 'started' | 'shut down' = 'initial';
  readonly #made = new Set<SharedMemory>();

  /** @throws ProcessError where it was started before */
  start(): void {
    if (this.#state !== 'initial') {
      throw new ProcessError(
        this.#state === 'started' ? 'Already started SharedMemoryServer' : 'SharedMemoryManager has shut down',
      );
    }
    this.#state = 'started';
  }

  /** New memory of `size` bytes. */
  SharedMemory(size: number): SharedMemory {
    this.#check();
    const memory = new SharedMemory({ create: true, size });
    this.#made.add(memory);
    return memory;
  }

  /** A new list with the values of `sequence`. */
  ShareableList(sequence: Iterable<ShareableItem>): ShareableList {
    this.#check();
    const list = new ShareableList([...sequence]);
    this.#made.add(list.shm);
    return list;
  }

  /** Closes and removes all that was made here. */
  shutdown(): void {
    if (this.#state === 'started') this.#state = 'shut down';
    for (const memory of this.#made) {
      memory.close();
      try {
        memory.unlink();
      } catch (error) {
        // Somebody has removed it before.
        if ((error as Error).name !== 'FileNotFoundError') throw error;
      }
    }
    this.#made.clear();
  }

  #check(): void {
    // Declared with `using`, it has no call of start(), as Python's in a `with`.
    if (this.#state === 'initial') this.#state = 'started';
    if (this.#state === 'shut down') throw new ProcessError('SharedMemoryManager has shut down');
  }

  /** Shuts down: what it made is removed. */
  [Symbol.dispose](): void {
    this.shutdown();
  }
  /** Shuts down, as `Symbol.dispose` does. */
  [Symbol.asyncDispose](): Promise<void> {
    this.shutdown();
    return Promise.resolve();
  }
}
