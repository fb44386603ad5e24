/**
 * Errors that leave a thread's target: to `threading.excepthook` of the worker where that was
 * replaced, else to the main thread's where that was, else to standard error.
 */
import { isMainThread } from 'node:worker_threads';
import { inspect } from 'node:util';
import type { AnyFunction } from '../callables/reference';
import { decode, discard, encode, encodeError } from '../codec';
import { describe } from '../arguments';
import { AUX, ThreadFlag } from '../cell';
import { core } from '../core_modules';
import { SystemExit, typeError } from '../errors';
import { native } from '../native';
import { watchRejection } from '../promises';
import { signalNames } from '../signals';
import type { Primitive } from '../handles';
import { shown } from '../text';

/** The argument of `threading.excepthook`. */
export interface ExceptHookArgs {
  /** The class of the error; `undefined` for a thrown value that is no object. */
  exc_type: AnyFunction | undefined;
  /** What was thrown. */
  exc_value: unknown;
  /** Its stack, where it has one. */
  exc_traceback: string | undefined;
  /** The thread; `undefined` where it is not known any more. */
  thread: { name: string } | undefined;
}

/** What `threading.excepthook` is. */
export type ExceptHook = (args: ExceptHookArgs) => void;

/** What the main thread may want to hear of: {@link native.mailListen}. */
export const Listen = { errors: 1 } as const;

/** A value that was thrown, as text: the stack, the cause and own properties of an error. */
export function errorText(error: unknown): string {
  return shown(() => (error instanceof Error ? inspect(error) : `Uncaught ${inspect(error)}`));
}

function isExit(error: unknown): boolean {
  try {
    return error instanceof SystemExit;
  } catch {
    return false; // a proxy that has been revoked
  }
}

/**
 * Prints the error to standard error, as Python does. `SystemExit` is silent.
 *
 * @throws TypeError where `args` lacks a field of {@link ExceptHookArgs}
 * @see https://docs.python.org/3/library/threading.html#threading.excepthook
 */
export function defaultHook(args: ExceptHookArgs): void {
  if (!isHookArgs(args)) throw typeError(`_thread.excepthook argument type must be ExceptHookArgs, not ${describe(args)}`);
  if (isExit(args.exc_value)) return;
  process.stderr.write(`Exception in thread ${args.thread?.name ?? ''}:\n${errorText(args.exc_value)}\n`);
}

function isHookArgs(args: unknown): boolean {
  if (typeof args !== 'object' || args === null) return false;
  return ['exc_type', 'exc_value', 'exc_traceback', 'thread'].every((field) => field in args);
}

let hook: unknown = defaultHook;

export function currentHook(): unknown {
  return hook;
}

export function setHook(value: unknown): void {
  hook = value;
  if (isMainThread) native.mailListen(value === defaultHook ? 0 : Listen.errors);
}

function argumentsOf(error: unknown, thread: ExceptHookArgs['thread']): ExceptHookArgs {
  let constructor: unknown;
  let stack: string | undefined;
  try {
    if (typeof error === 'object' && error !== null) ({ constructor } = error);
    if (error instanceof Error) ({ stack } = error);
  } catch {
    // Getters of its own, or a proxy's traps.
  }
  return {
    exc_type: typeof constructor === 'function' ? constructor : undefined,
    exc_value: error,
    exc_traceback: stack,
    thread,
  };
}

function callHook(args: ExceptHookArgs): void {
  if (hook === defaultHook || typeof hook !== 'function') {
    defaultHook(args);
    return;
  }
  const failed = (error: unknown): void => {
    if (isExit(error)) return;
    process.stderr.write(`Exception in threading.excepthook:\n${errorText(error)}\n`);
    defaultHook(args);
  };
  try {
    watchRejection((hook as (args: ExceptHookArgs) => unknown)(args), failed);
  } catch (error) {
    failed(error);
  }
}

/** What a worker tells the main thread. */
type Letter =
  | ['error', thread: Primitive & { name: string }, error: Uint8Array]
  | ['warning', message: string, code: string]
  | ['broken', pool: string, error: Uint8Array]
  | ['interrupt', signal: number];

function send(letter: Letter): boolean {
  try {
    if (!native.mailPost(encode(letter))) return false;
  } catch {
    return false;
  }
  return native.service(0);
}

/** An error that left the target of `thread`, which runs here. */
export function reportError(error: unknown, thread: Primitive & { name: string }): void {
  if (isExit(error)) return;
  if (hook === defaultHook && !isMainThread && native.mailListening() & Listen.errors) {
    // The flag has whoever joins the thread on the main thread look into the mailbox first.
    Atomics.or(thread._w, thread._i + AUX, ThreadFlag.reported);
    if (send(['error', thread, encodeError(error).slice()])) return;
  }
  callHook(argumentsOf(error, thread));
}

/** An error of a thread that `_thread.start_new_thread` started: Python tells it apart from others. */
export function reportIgnored(error: unknown, target: AnyFunction | undefined): void {
  if (isExit(error)) return;
  process.stderr.write(`Exception ignored in thread started by: ${shown(() => inspect(target))}\n${errorText(error)}\n`);
}

/** Has the main thread's listeners for warnings hear of one that was emitted, and printed, here. */
export function forwardWarning(message: string, code: string): void {
  if (!isMainThread) send(['warning', message, code]);
}

let onBroken: ((pool: string, error: unknown) => void) | undefined;

/** Has `fn` hear, on the main thread, of errors that broke pools. */
export function hearOfBroken(fn: NonNullable<typeof onBroken>): void {
  onBroken = fn;
}

/** Tells the main thread what broke a pool. */
export function tellBroken(pool: string, error: unknown): void {
  send(['broken', pool, encodeError(error).slice()]);
}

/** Has a signal's listeners in the main thread run; where there are none, the default action of `SIGINT`. */
export function sendInterrupt(signal: number): void {
  if (isMainThread) deliver(['interrupt', signal]);
  else if (!send(['interrupt', signal])) interruptByDefault(signal);
}

function interruptByDefault(signal: number): void {
  if (signal === core.os.constants.signals.SIGINT) process.kill(process.pid, signal);
}

function deliver(letter: Letter): void {
  switch (letter[0]) {
    case 'error':
      callHook(argumentsOf(decode(letter[2]), letter[1]));
      break;
    case 'warning': {
      const warning = Object.assign(new Error(letter[1]), { name: 'Warning', code: letter[2] });
      for (const listener of process.rawListeners('warning')) if (!isPrinter(listener)) listener.call(process, warning);
      break;
    }
    case 'broken':
      if (onBroken) onBroken(letter[1], decode(letter[2]));
      else discard(letter[2]);
      break;
    case 'interrupt': {
      const heard = signalNames(letter[1]).filter((name) => process.listenerCount(name) > 0);
      for (const name of heard) process.emit(name as 'SIGINT', name as 'SIGINT');
      if (heard.length === 0) interruptByDefault(letter[1]);
    }
  }
}

/** Node's own listener, which writes warnings to standard error: the thread where it arose has done that. */
function isPrinter(listener: AnyFunction): boolean {
  return listener.name === 'onWarning' && listener.toString().includes('noDeprecation');
}

/** Taken, and not acted upon yet. */
const letters: Uint8Array[] = [];

/**
 * On the main thread: acts on all that other threads told it, also when called by what acts on a letter. What a listener
 * of the program's own throws goes to the caller; the letters behind it are for the next call.
 */
export function takeMail(): void {
  letters.push(...native.mailTake());
  try {
    for (let letter = letters.shift(); letter; letter = letters.shift()) deliver(decode(letter) as Letter);
  } finally {
    if (letters.length > 0) native.service(0);
  }
}
