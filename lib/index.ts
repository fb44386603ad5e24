/**
 * Everything, by module: `import { threading, time } from 'nogil'`.
 *
 * @packageDocumentation
 */
export * as threading from './threading';
export * as queue from './queue';
export * as multiprocessing from './multiprocessing';
export * as _thread from './_thread';
export * as thread from './_thread';
export * as time from './time';
export * as os from './os';
export * as concurrent from './concurrent';
export * as futures from './concurrent/futures';
export {
  AssertionError,
  AttributeError,
  BrokenBarrierError,
  BrokenPipeError,
  ChildProcessError,
  EOFError,
  FileExistsError,
  FileNotFoundError,
  IndexError,
  KeyError,
  OSError,
  OverflowError,
  PermissionError,
  ProcessLookupError,
  RuntimeError,
  SystemExit,
  TimeoutError,
  ValueError,
} from './internal/errors';
export { importable, is_main } from './internal/callables';
export { from_handle, type Handle } from './internal/handles';
