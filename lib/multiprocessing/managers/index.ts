/**
 * Objects that live in a process of their own and are used by others through proxies.
 *
 * @see https://docs.python.org/3/library/multiprocessing.html#managers
 * @packageDocumentation
 */
export { BaseManager, type Registration } from './base_manager';
export { SharedMemoryManager } from './shared_memory_manager';
export {
  Manager,
  type DictProxy,
  type ListProxy,
  type NamespaceProxy,
  type SetProxy,
  SyncManager,
  type ValueProxy,
} from './sync_manager';
