/** The thread that runs in this isolate, as the fast paths see it. */
export const self = {
  /** What a lock's state holds while this thread has it. Set by `environment.ts`, anew for every thread that a worker runs. */
  number: 0,
  /** In a process that `fork` made, the number that this thread had before: locks of its own memory name it still. */
  before: -1,
  /** RLocks that this thread holds: whether its end must look for some to pass on. */
  rlocks: 0,
  /** Its services are under way: below may be the frames of a blocking wait. */
  serving: false,
};
