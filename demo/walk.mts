import { lstatSync, readdirSync, type Dirent } from 'node:fs';
import { sep } from 'node:path';
import { amount } from './table.mts';

/** A path as the bytes that it is: file names need not be UTF-8. */
export type Path = Buffer;

export interface File {
  path: Path;
  /** In bytes, when it was listed. */
  size: number;
}

export interface Listing {
  /** The regular files, by the bytes of their paths. */
  files: File[];
  /** How many entries are something else: symbolic links, which are not followed, sockets, devices. */
  others: number;
  /** Folders and files that could not be looked at. */
  failures: Failure[];
}

export interface Failure {
  path: Path;
  code: string;
}

const SEPARATOR = Buffer.from(sep);

/** Every file below a folder. */
export function walk(folder: string): Listing {
  const listing: Listing = { files: [], others: 0, failures: [] };
  const folders: Path[] = [Buffer.from(folder)];
  for (let path = folders.pop(); path !== undefined; path = folders.pop()) {
    for (const entry of entries_of(path, listing)) {
      const below = Buffer.concat([path, SEPARATOR, entry.name]);
      if (entry.isDirectory()) folders.push(below);
      else if (entry.isFile()) attempt(listing, below, () => listing.files.push({ path: below, size: lstatSync(below).size }));
      else listing.others++;
    }
  }
  listing.files.sort((a, b) => Buffer.compare(a.path, b.path));
  return listing;
}

function entries_of(path: Path, listing: Listing): Dirent<Buffer>[] {
  return attempt(listing, path, () => readdirSync(path, { withFileTypes: true, encoding: 'buffer' })) ?? [];
}

function attempt<T>(listing: Listing, path: Path, action: () => T): T | undefined {
  try {
    return action();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    listing.failures.push({ path, code });
    return undefined;
  }
}

export function print_others(others: number): void {
  if (others > 0)
    console.log(`not followed: ${amount(others, 'symbolic link or special file', 'symbolic links or special files')}`);
}

export function print_failures(failures: readonly Failure[]): void {
  for (const { path, code } of failures) console.log(`could not be read: ${path.toString()} (${code})`);
}
