import { tmpdir } from 'node:os';

/** Where the files are that named memory consists of; on Linux the system's own place for it, as Python's. */
export const FOLDER = process.platform === 'linux' ? '/dev/shm' : tmpdir();
