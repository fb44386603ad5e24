/** Starting a child by `spawn`: a new Node, which imports what it needs. */
import path from 'node:path';
import { type EncodeOptions, discard, encode } from '../codec';
import { OSError } from '../errors';
import { childArguments } from '../exec_arguments';
import { type CellId, native } from '../native';
import { aboutMe } from './about';
import type { ProcessMessage } from './message';

const BOOTSTRAP = path.join(__dirname, 'bootstrap.js');
/** Room for the child's place in the tree: 43 bits. */
const PLACE = '0'.repeat(13);
const TO_PROCESS: EncodeOptions = { process: true };

/** The message of a start, whose references {@link launch} takes over. */
export function encodeStart(message: ProcessMessage): Uint8Array {
  return encode(message, TO_PROCESS);
}

function texts(list: Iterable<string>): Buffer {
  let all = '';
  for (const text of list) all += `${text}\0`;
  return Buffer.from(all);
}

function* variables(): Generator<string> {
  for (const [key, value] of Object.entries(process.env)) yield `${key}=${value}`;
}

/**
 * @returns the pid
 * @throws OSError where the system can have no more processes
 */
export function launch(cell: CellId, message: Uint8Array, daemon: boolean): number {
  const program = aboutMe().executable ?? process.execPath;
  const args = [program, ...childArguments(), BOOTSTRAP, PLACE];
  const pid = native.processStart(
    cell,
    message,
    message.length,
    Buffer.from(`${program}\0`),
    texts(args),
    texts(variables()),
    daemon,
  );
  if (pid > 0) return pid;
  discard(message);
  const error = new OSError(pid === 0 ? "can't start new process: there are too many" : `can't start new process, errno ${-pid}`);
  if (pid < 0) error.errno = -pid;
  throw error;
}
