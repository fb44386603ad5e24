import { type File, type Path } from './walk.mts';

/** Paths of files, in memory that threads share. */
export interface Paths {
  bytes: Uint8Array;
  /** Where each path ends; it begins where the one before ends. */
  ends: Float64Array;
  /** The largest files first: one of them at the end would keep one thread busy and the others idle. */
  order: Uint32Array;
}

export function share_paths(files: readonly File[]): Paths {
  const bytes = new Uint8Array(new SharedArrayBuffer(files.reduce((sum, { path }) => sum + path.length, 0)));
  const ends = new Float64Array(new SharedArrayBuffer(files.length * 8));
  let end = 0;
  files.forEach(({ path }, i) => {
    bytes.set(path, end);
    ends[i] = end += path.length;
  });
  const order = new Uint32Array(new SharedArrayBuffer(files.length * 4));
  order.set(files.map((_, i) => i).sort((a, b) => files[b].size - files[a].size));
  return { bytes, ends, order };
}

export function path_of({ bytes, ends }: Paths, file: number): Path {
  // A copy: Node's file system calls do not take shared memory for a path.
  return Buffer.from(bytes.slice(file === 0 ? 0 : ends[file - 1], ends[file]));
}
