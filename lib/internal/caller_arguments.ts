/**
 * The arguments of a constructor that did not pass them on to `super()`.
 */
import type * as Inspector from 'node:inspector';
import type { AnyFunction } from './callables/reference';

// Core modules are the same in every context of a thread: the way to hand a value over to this one.
const SLOT = Symbol.for('nogil.arguments');
const slot = Buffer as unknown as Record<symbol, [unknown, unknown[]] | undefined>;
const EXPRESSION = "Buffer[Symbol.for('nogil.arguments')] = [new.target, [...arguments]]";

/**
 * Called within `super()`: what the constructor of `Class`, which is running, was given. The language
 * has no way to tell, the engine's debugger interface does, in some milliseconds.
 *
 * @returns undefined where there is no such interface
 */
export function callerArguments(Class: AnyFunction): unknown[] | undefined {
  let session: Inspector.Session | undefined;
  let found: unknown[] | undefined;
  try {
    // Not at the top of the file: a runtime without the module must be able to load this one.
    // eslint-disable-next-line @typescript-eslint/no-require-imports
    const inspector = require('node:inspector') as typeof Inspector;
    session = new inspector.Session();
    session.connect();
    // A session in its own thread does not stop that one: it hears of the pause and goes on.
    session.on('Debugger.paused', ({ params }) => {
      for (const { callFrameId, functionName } of params.callFrames) {
        if (found || functionName !== Class.name) continue;
        session!.post('Debugger.evaluateOnCallFrame', { callFrameId, expression: EXPRESSION, silent: true }, () => undefined);
        const seen = slot[SLOT];
        slot[SLOT] = undefined;
        if (seen?.[0] === Class) found = seen[1];
      }
    });
    session.post('Debugger.enable');
    session.post('Debugger.pause');
    // The pause is before the next statement of JavaScript.
    stepped();
  } catch {
    return undefined;
  } finally {
    session?.disconnect();
  }
  return found;
}

function stepped(): void {
  return undefined;
}
