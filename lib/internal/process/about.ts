/** What this process is in its tree, for all its threads. */
import { randomBytes } from 'node:crypto';
import { decodeCopy, encode } from '../codec';
import { native } from '../native';

export interface About {
  name: string;
  /** The place in the tree: the third child of the first is [1, 3]. */
  identity: number[];
  daemon: boolean;
  authkey: Uint8Array;
  /** The name of the parent; undefined in the first process. */
  parent: string | undefined;
  /** How children of this process are started; undefined: nobody has said. */
  startMethod: 'spawn' | 'fork' | undefined;
  /** What is run for a child that is spawned; undefined: what runs here. */
  executable?: string | undefined;
  /** What `multiprocessing`'s logger was told. */
  log?: { level: number; toStderr: boolean } | undefined;
}

/** What this process is; where nobody has said, the first of a tree. */
export function aboutMe(): About {
  const bytes = native.processAbout();
  if (bytes) return decodeCopy(bytes) as About;
  const first: About = {
    name: 'MainProcess',
    identity: [],
    daemon: false,
    authkey: randomBytes(32),
    parent: undefined,
    startMethod: undefined,
  };
  noteAbout(first);
  return first;
}

/** Any thread of the process may change it. */
export function noteAbout(value: About): void {
  native.processAbout(encode(value));
}
