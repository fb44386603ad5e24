/**
 * Where each shared class is defined, by the number that messages name it with. A thread loads only
 * the modules that it needs: those of its target, and those of what it is sent.
 */
import { CellClass } from './cell';
import { MANAGED_CLASS, SHARED_CLASS } from './native';

type Name = keyof typeof CellClass;

/** Modules, seen from this one, and the classes that each registers. */
const HOMES: Record<string, Name[]> = {
  '../threading': [
    'Lock',
    'RLock',
    'Condition',
    'Event',
    'Semaphore',
    'BoundedSemaphore',
    'Barrier',
    'RWLock',
    'Thread',
    'Local',
  ],
  '../queue': ['Queue', 'LifoQueue', 'PriorityQueue', 'SimpleQueue'],
  '../concurrent/futures': ['Future', 'ThreadPool'],
};

/** What handles call a class, where that is not its name in {@link CellClass}. */
const HANDLE_NAMES: Record<string, Name> = { local: 'Local', ThreadPoolExecutor: 'ThreadPool' };

/** Classes of cells that processes share, by what is added to the class's number and put before its name. */
const SHARED_HOMES = [
  { offset: MANAGED_CLASS, prefix: 'managers.', home: '../multiprocessing/managers' },
  { offset: SHARED_CLASS, prefix: 'multiprocessing.', home: '../multiprocessing' },
];

function sharedHome(of: number | string): string | undefined {
  return SHARED_HOMES.find(({ offset, prefix }) => (typeof of === 'string' ? of.startsWith(prefix) : of >= offset))?.home;
}

/** Loads the module that registers a class, which a message names by number and a handle by name. */
export function loadHome(of: number | string): void {
  const future = of === 'multiprocessing.Future' || of === CellClass.Future + SHARED_CLASS;
  const shared = future ? '../concurrent/futures' : sharedHome(of);
  if (shared !== undefined) {
    // Required here as below.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    require(shared);
    return;
  }
  const name =
    typeof of === 'string' ? (HANDLE_NAMES[of] ?? of) : Object.keys(CellClass).find((key) => CellClass[key as Name] === of);
  for (const [home, names] of Object.entries(HOMES)) {
    // Required here and not at the top: these modules are built on the one that asks.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    if (names.includes(name as Name)) require(home);
  }
}
