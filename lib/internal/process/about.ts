/** What this process is in its tree, for all its threads. */
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
  /** How children of this process are started, where nothing else is said. */
  startMethod: string;
}

let known: About | undefined;

/** undefined in the first process of a tree, unless somebody has asked there before. */
export function about(): About | undefined {
  if (known) return known;
  const bytes = native.processAbout();
  return (known = bytes && (decodeCopy(bytes) as About));
}

export function noteAbout(value: About): void {
  known = value;
  native.processAbout(encode(value));
}
