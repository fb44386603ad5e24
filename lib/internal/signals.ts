/** Signals of the operating system, by number and by name. */
import { describe, intArgument } from './arguments';
import { core } from './core_modules';
import { typeError } from './errors';

const numbers = (): Record<string, number | undefined> => core.os.constants.signals;

/**
 * The number of a signal that is given by number or by name.
 *
 * @returns undefined where no signal has that name
 */
export function signalNumber(method: string, name: string, signal: unknown): number | undefined {
  if (typeof signal === 'number' && !Number.isNaN(signal)) return intArgument(method, name, signal);
  if (typeof signal !== 'string')
    throw typeError(`${method}(): '${name}' must be a number or a name of a signal, not ${describe(signal)}`);
  const known = numbers();
  return Object.hasOwn(known, signal) ? known[signal] : undefined;
}

/** By which names Node's listeners may know a signal: some have two, and those that only the system knows have none. */
export function signalNames(number: number): string[] {
  return Object.entries(numbers()).flatMap(([name, its]) => (its === number ? [name] : []));
}
