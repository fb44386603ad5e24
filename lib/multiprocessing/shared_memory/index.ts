/**
 * Memory with a name.
 *
 * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html
 * @packageDocumentation
 */
export { type ShareableItem, ShareableList } from './shareable_list';
export { SharedMemory, type SharedMemoryOptions } from './shared_memory';
