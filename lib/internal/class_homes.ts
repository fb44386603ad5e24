/**
 * Where each shared class is defined, by the number that messages name it with. A thread loads only
 * the modules that it needs: those of its target, and those of what it is sent.
 */
import { CellClass } from './cell';
import { MANAGED_CLASS, SHARED_CLASS } from './native';

type Name = keyof typeof CellClass;

/** The module, seen from this one, that registers each class. */
const HOMES: Partial<Record<Name, string>> = {
  Lock: '../threading/lock',
  RLock: '../threading/rlock',
  Condition: '../threading/condition',
  Event: '../threading/event',
  Semaphore: '../threading/semaphore',
  BoundedSemaphore: '../threading/bounded_semaphore',
  Barrier: '../threading/barrier',
  RWLock: '../threading/rw_lock',
  Thread: '../threading/current',
  Local: '../threading/local',
  Queue: '../queue/queue',
  LifoQueue: '../queue/lifo_queue',
  PriorityQueue: '../queue/priority_queue',
  SimpleQueue: '../queue/simple_queue',
  Future: '../concurrent/futures/future',
  ThreadPool: '../concurrent/futures/thread_pool_executor',
};

/** What handles call a class, where that is not its name in {@link CellClass}. */
const HANDLE_NAMES: Record<string, Name> = { local: 'Local', ThreadPoolExecutor: 'ThreadPool' };

/** The module of each class whose cells processes share, where it is not the whole of `multiprocessing`. */
const PROCESS_HOMES: Partial<Record<Name, string>> = {
  Lock: 'lock',
  RLock: 'rlock',
  Condition: 'condition',
  Event: 'event',
  Semaphore: 'semaphore',
  BoundedSemaphore: 'bounded_semaphore',
  Barrier: 'barrier',
  Queue: 'joinable_queue',
  SimpleQueue: 'simple_queue',
  Connection: 'connection',
  Memory: 'memory',
};
const IN_PROCESSES = 'multiprocessing.';

/** Classes of cells that processes share, by what is added to the class's number and put before its name. */
const SHARED_HOMES = [
  { offset: MANAGED_CLASS, prefix: 'managers.', home: () => '../multiprocessing/managers' },
  { offset: SHARED_CLASS, prefix: IN_PROCESSES, home: processHome },
];

function nameOf(classNumber: number): Name | undefined {
  return Object.keys(CellClass).find((key) => CellClass[key as Name] === classNumber) as Name | undefined;
}

function processHome(of: number | string): string {
  const name = typeof of === 'string' ? of.slice(IN_PROCESSES.length) : (nameOf(of - SHARED_CLASS) ?? '');
  if (name === 'Future') return '../concurrent/futures';
  if (name === 'Crew') return './process/crew_cell';
  return Object.hasOwn(PROCESS_HOMES, name) ? `../multiprocessing/${PROCESS_HOMES[name as Name]}` : '../multiprocessing';
}

function sharedHome(of: number | string): string | undefined {
  return SHARED_HOMES.find(({ offset, prefix }) => (typeof of === 'string' ? of.startsWith(prefix) : of >= offset))?.home(of);
}

/** Loads the module that registers a class, which a message names by number and a handle by name. */
export function loadHome(of: number | string): void {
  const shared = sharedHome(of);
  if (shared !== undefined) {
    // Required here as below.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require(shared);
    return;
  }
  const name = typeof of === 'string' ? (HANDLE_NAMES[of] ?? of) : nameOf(of);
  const home = Object.hasOwn(HOMES, name ?? '') ? HOMES[name!] : undefined;
  // Required here and not at the top: these modules are built on the one that asks.
  // eslint-disable-next-line @typescript-eslint/no-require-imports
  if (home !== undefined) require(home);
}
