/**
 * What a started thread takes with it: a message of the value codec, handed over by native code.
 */
import type { TargetRef } from '../callables';
import type { AnyFunction } from '../callables/reference';
import { programSettles, resolveTarget } from '../callables/resolve';
import type { Thread } from '../../threading/thread';

/** An array rather than an object: it is made and read once for every start. */
export type StartMessage = [
  /** The target as {@link refText}; '' for a class that overrides `run`. */
  target: string,
  args: unknown[],
  /** Only where there are any. */
  kwargs: Record<string, unknown> | undefined,
  /** Of a subclass: the class as {@link refText}, and the thread itself, which has its fields with it. */
  instance: [Class: string, thread: Thread] | undefined,
  /** Of `ThreadFlag`. */
  flags: number,
];

const texts = new WeakMap<TargetRef, string>();

/** A reference as a string, which is also its key at the other end. */
export function refText(ref: TargetRef): string {
  let text = texts.get(ref);
  if (text === undefined) texts.set(ref, (text = JSON.stringify(ref)));
  return text;
}

/** Calls a target, with the keyword arguments last. */
export function applyTarget(fn: AnyFunction, args: unknown[], kwargs: Record<string, unknown> | undefined): unknown {
  const call = fn as (...args: unknown[]) => unknown;
  return kwargs === undefined ? call(...args) : call(...args, kwargs);
}

const functions = new Map<string, AnyFunction>();
const FUNCTIONS_MAX = 1000;

/** The function of a {@link refText}; a promise where its module has to be imported asynchronously. */
export function resolveText(text: string): AnyFunction | Promise<AnyFunction> {
  const known = functions.get(text);
  if (known) return known;
  const found = resolveTarget(JSON.parse(text) as TargetRef);
  if (typeof found === 'function') {
    if (functions.size >= FUNCTIONS_MAX) functions.clear();
    functions.set(text, found);
  }
  return found;
}

/** As {@link resolveText}, for what is called before anything else of a program runs here. */
export function resolveFirst(text: string): AnyFunction | Promise<AnyFunction> {
  const found = resolveText(text);
  const settles = typeof found === 'function' ? programSettles() : undefined;
  return settles ? settles.then(() => found) : found;
}
