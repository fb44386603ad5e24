// A lock between processes that survives the death of its holder: a folder with the holder's pid in it.
import { mkdirSync, readFileSync, rmSync, rmdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 100;
/** Between making the folder and writing the pid into it, or while breaking a lock, takes far less. */
const GRACE_MS = 10_000;
const LONGEST_WAIT_MS = 20 * 60_000;

function tryMkdir(path) {
  try {
    mkdirSync(path);
    return true;
  } catch (error) {
    // Windows answers EPERM while the folder is being deleted.
    if (error.code === 'EEXIST' || error.code === 'EPERM') return false;
    throw error;
  }
}

function ageOf(path) {
  const stat = statSync(path, { throwIfNoEntry: false });
  return stat ? Date.now() - stat.mtimeMs : 0;
}

function holderOf(lock) {
  try {
    return Number(readFileSync(join(lock, 'pid'), 'utf8')) || undefined;
  } catch {
    return undefined;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

const isStale = (lock) => {
  const pid = holderOf(lock);
  return pid === undefined ? ageOf(lock) > GRACE_MS : !isAlive(pid);
};

/** Removes a lock whose holder is dead. Only one process at a time may, or it could remove its successor's. */
function breakStale(lock) {
  const breaking = `${lock}.breaking`;
  if (!isStale(lock)) return;
  if (!tryMkdir(breaking)) {
    if (ageOf(breaking) > GRACE_MS) rmSync(breaking, { recursive: true, force: true });
    return;
  }
  try {
    if (isStale(lock)) rmSync(lock, { recursive: true, force: true });
  } finally {
    rmdirSync(breaking);
  }
}

/** Runs `body` while no other process runs one under the same folder. */
export async function withLock(lock, body) {
  const begun = Date.now();
  let told = false;
  while (!tryMkdir(lock)) {
    breakStale(lock);
    if (!told && Date.now() - begun > 2 * POLL_MS) {
      told = true;
      console.error(`waiting for the set-up that process ${holderOf(lock) ?? '(unknown)'} is doing`);
    }
    if (Date.now() - begun > LONGEST_WAIT_MS) throw new Error(`${lock} is still held; remove it if no set-up is running`);
    await sleep(POLL_MS);
  }
  try {
    writeFileSync(join(lock, 'pid'), String(process.pid));
    return await body();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}
