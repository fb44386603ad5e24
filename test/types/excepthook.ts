/** The hook is assigned on the module object, as in Python. */
import { threading as named } from 'nogil';
import threading from 'nogil/threading';
import type { Equal, Expect } from './expect';

threading.excepthook = (args) => {
  export_(args.exc_value);
};
named.excepthook = threading.__excepthook__;

declare function export_(value: unknown): void;
export type Hooks = Expect<Equal<typeof threading.excepthook, typeof threading.__excepthook__>>;
