/**
 * Removes what is left of named memory when the whole tree of processes is gone, in whatever way it went. A
 * small shell waits for a lock that all processes of the tree hold by the descriptor of their shared memory,
 * from the first name on; until then it sleeps. Names come and go in a file without a name, its input.
 *
 * @see https://docs.python.org/3/library/multiprocessing.shared_memory.html
 */
import { spawn } from 'node:child_process';
import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import path from 'node:path';
import { native } from '../../internal/native';
import { FOLDER } from './folder';

/** Where there is no `flock`, it looks whether the process that started it is there, once a second. */
const SCRIPT = `
trap '' HUP INT QUIT TERM
cd "$1" || exit
if command -v flock >/dev/null; then flock -x 3; else while [ -d "/proc/$2" ]; do sleep 1; done; fi
names=' '
while read -r what name; do
  case $what in
    +) names="$names$name " ;;
    -) case $names in *" $name "*) names="\${names%% $name *} \${names#* $name }" ;; esac ;;
  esac
done
set -f
for name in $names; do rm -f -- "$name"; done
`;

/** This process's descriptor of the tracker's input, and whose it is. */
let input = -1;
let tracker = 0;

function openInput(pid: number): boolean {
  if (pid === 0) return false;
  if (pid === tracker) return true;
  try {
    const opened = openSync(`/proc/${pid}/fd/0`, 'a');
    if (input >= 0) closeSync(input);
    input = opened;
    tracker = pid;
    return true;
  } catch {
    return false; // it was killed
  }
}

/** @returns the new one's pid; 0 where there can be none */
function start(): number {
  const tree = native.lockTree();
  if (tree < 0) return 0;
  const file = path.join(FOLDER, `.nogil-${process.pid}-${Math.random().toString(36).slice(2)}`);
  const names = openSync(file, 'wx+', 0o600);
  unlinkSync(file);
  const memory = openSync(`/proc/self/fd/${tree}`, 'r');
  try {
    const child = spawn('/bin/sh', ['-c', SCRIPT, 'nogil', FOLDER, String(process.pid)], {
      stdio: [names, 'ignore', 'ignore', memory],
      detached: true,
      env: { PATH: process.env.PATH ?? '/usr/bin:/bin' },
    });
    child.on('error', () => {});
    child.unref();
    return child.pid ?? 0;
  } finally {
    closeSync(names);
    closeSync(memory);
  }
}

function note(line: string): void {
  if (process.platform !== 'linux') return;
  const known = native.nameTracker();
  if (!openInput(known)) {
    const pid = start();
    if (pid === 0) return;
    const one = native.nameTracker(known, pid);
    // Another process was faster.
    if (one !== pid) process.kill(pid, 'SIGKILL');
    if (!openInput(one)) return;
  }
  writeSync(input, line);
}

export function track(name: string): void {
  note(`+ ${name}\n`);
}

export function untrack(name: string): void {
  if (native.nameTracker() !== 0) note(`- ${name}\n`);
}
