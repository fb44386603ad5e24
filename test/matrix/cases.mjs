// The suite's cases, in the order of the table in docs/platforms.md: what each shows, and how it has to end where that is
// not `done` and exit code 0 with nothing on standard error.
const DONE = 'done\n';
const exits = { code: 7 };

/** Node 22 says that it is an experiment. */
const stripped = { stderr: /^(?:.*ExperimentalWarning: Type Stripping.*\n.*--trace-warnings.*\n)?$/ };

/**
 * Groups: the file in suite/, its title in the table, and its cases. `needs` a case without which the group is not tried;
 * `program` is run in place of run.cjs, with the same arguments.
 */
export const groups = [
  {
    file: 'entries',
    title: 'Entry points',
    cases: { require: ['`require` of each'], import: ['`import` of each, with the same names'] },
  },
  {
    file: 'threads',
    title: 'Threads',
    needs: 'threads/importable',
    cases: {
      importable: ['a target by `importable()`'],
      exported: ['a function that a module exports'],
      source: ['a self-contained function'],
      closure: ['what captures a variable is refused'],
      esm: ['a function of an ES module'],
      subclass: ['a subclass of `Thread`'],
      async_target: ['an async function'],
      shared_buffer: ['a `SharedArrayBuffer` as an argument'],
      nested: ['threads that start threads'],
      many: ['200 threads, one after the other'],
      output: ['output while the main thread is blocked', { stdout: 'from the thread\nafter it\ndone\n' }],
      excepthook: ['`excepthook`'],
      join_async: ['`join_async`'],
      registry: ['`enumerate`, `active_count`, `native_id`'],
    },
  },
  {
    file: 'primitives',
    title: 'Primitives between threads',
    needs: 'threads/importable',
    cases: {
      lock: ['`Lock`'],
      lock_timeout: ['`Lock` with a timeout'],
      rlock: ['`RLock`'],
      owner_death: ['an `RLock` whose owner has ended', { stderr: /NOGIL_OWNER_DIED/ }],
      condition: ['`Condition`'],
      event: ['`Event`'],
      semaphore: ['`Semaphore`'],
      bounded_semaphore: ['`BoundedSemaphore`'],
      barrier: ['`Barrier`'],
      rw_lock: ['`RWLock`'],
      timer: ['`Timer`'],
      local: ['`local`'],
      nested: ['primitives deep within arguments'],
      named: ['primitives by name'],
      handle: ['handles in plain `worker_threads`'],
    },
  },
  {
    file: 'async',
    title: 'Waits that are promises',
    needs: 'threads/importable',
    cases: {
      lock: ['`acquire_async`'],
      timeout: ['with a timeout'],
      signal: ['with an `AbortSignal`'],
      thousands: ['5,000 at once'],
      queue: ['`get_async`'],
      in_thread: ['in a thread'],
    },
  },
  {
    file: 'queues',
    title: 'Queues',
    needs: 'threads/importable',
    cases: {
      queue: ['`Queue`, with `join` and `shutdown`'],
      simple_queue: ['`SimpleQueue`'],
      lifo_queue: ['`LifoQueue`'],
      priority_queue: ['`PriorityQueue`'],
      large: ['an item of 8 MiB'],
      shared: ['primitives and `SharedArrayBuffer`s in items'],
      errors: ['`Empty`, `Full`, `ShutDown`, `DataCloneError`'],
    },
  },
  {
    file: 'futures',
    title: 'Thread pools and futures',
    needs: 'threads/importable',
    cases: {
      submit: ['`submit`'],
      map: ['`map`'],
      awaited: ['`await`, `as_completed`'],
      error: ['errors of tasks'],
      future: ['a `Future` that another thread completes'],
      wait: ['`wait`'],
      limits: ['a task that is stopped in its midst'],
    },
  },
  {
    file: 'typescript',
    title: 'Programs in TypeScript, as they are',
    program: 'typescript.mts',
    needs: 'typescript/named',
    cases: {
      named: ['a target by `importable()`', stripped],
      entry: ['a function that the program itself exports', stripped],
      thread: ['a function that another module exports', stripped],
      subclass: ['a subclass of `Thread`', stripped],
      pool: ['a pool of threads', stripped],
    },
  },
  {
    file: 'system',
    title: 'Python’s smaller modules',
    cases: {
      _thread: ['`nogil/_thread`'],
      time: ['`nogil/time`'],
      os: ['`nogil/os`'],
      fork: ['`os.fork()`', { stdout: 'done\nparent\ndone\n' }],
    },
  },
  {
    file: 'processes',
    title: 'Processes',
    needs: 'processes/process',
    cases: {
      process: ['`Process`'],
      lock: ['`Lock`, `RLock`, `Semaphore`'],
      condition: ['`Condition`'],
      event_barrier: ['`Event`, `Barrier`'],
      queue: ['`Queue`, `SimpleQueue`, `JoinableQueue`'],
      pipe: ['`Pipe`'],
      shared_memory: ['`SharedMemory`'],
      killed: ['a killed process lets go of its lock', { stderr: /NOGIL_OWNER_DIED/ }],
      executor: ['`ProcessPoolExecutor`'],
      pool: ['`Pool`'],
      manager: ['`Manager`'],
    },
  },
  {
    file: 'exit',
    title: 'The end of a process whose threads are blocked',
    needs: 'threads/importable',
    cases: {
      lock: ['`process.exit()` while threads are in `lock.acquire()`', exits],
      lock_timeout: ['… with a timeout', exits],
      rlock: ['… `rlock.acquire()`', exits],
      semaphore: ['… `semaphore.acquire()`', exits],
      event: ['… `event.wait()`', exits],
      condition: ['… `condition.wait()`', exits],
      barrier: ['… `barrier.wait()`', exits],
      rw_lock: ['… an `RWLock`', exits],
      queue_get: ['… `queue.get()`', exits],
      queue_put: ['… `queue.put()`', exits],
      queue_join: ['… `queue.join()`', exits],
      future: ['… `future.result()`', exits],
      sleep: ['… `sleep()`', exits],
      join: ['… `thread.join()`', exits],
      natural: ['the natural end, with daemon threads'],
      uncaught: ['an uncaught error', { code: 1, stderr: /on purpose/ }],
      non_daemon: ['a thread that is no daemon is waited for', { stdout: 'done\nthread\n' }],
      main_blocked: ['a signal while the main thread is blocked', { code: null, signal: 'SIGKILL' }],
      terminate: ['`worker.terminate()` of a plain worker'],
    },
  },
];

/** All cases, as the harness runs them. */
export const cases = groups.flatMap(({ file, needs, program = 'run.cjs', cases: own }) =>
  Object.entries(own).map(([name, [title, how = {}]]) => {
    const id = `${file}/${name}`;
    const ends = { code: 0, signal: null, stdout: DONE, ...how };
    return { id, file, name, title, program, needs: id === needs ? undefined : needs, ...ends };
  }),
);
