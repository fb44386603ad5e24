/** os: this process, signals, statuses; what needs no fork. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpus } from 'node:os';
import { ChildProcessError, OSError, os as osNamespace, OverflowError, ProcessLookupError, ValueError } from 'nogil';
import * as os from 'nogil/os';
import { runScript } from '../helpers/script';

test('is in the package’s own entry', () => expect(osNamespace.getpid).toBe(os.getpid));

test('getpid and getppid', () => {
  expect(os.getpid()).toBe(process.pid);
  expect(os.getppid()).toBe(process.ppid);
});

test('cpu_count and process_cpu_count', () => {
  expect(os.cpu_count()).toBe(cpus().length);
  expect(os.process_cpu_count()).toBeGreaterThan(0);
  expect(os.process_cpu_count()).toBeLessThanOrEqual(os.cpu_count()!);
});

describe('kill', () => {
  const sleeper = (): ReturnType<typeof spawn> => spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);

  test.each([['SIGTERM' as const], [15]])('takes names and numbers: %s', async (signal) => {
    const child = sleeper();
    await once(child, 'spawn');
    os.kill(child.pid!, signal);
    expect(await once(child, 'exit')).toEqual([null, 'SIGTERM']);
    expect(() => os.kill(child.pid!, 0)).toThrow(ProcessLookupError);
  });

  test('0 only looks', () => {
    os.kill(process.pid, 0);
  });

  test('tells what is wrong', () => {
    const none = 2 ** 22 + 1; // more than Linux ever hands out
    expect(() => os.kill(none, 'SIGTERM')).toThrow(ProcessLookupError);
    expect(() => os.kill(none, 'SIGTERM')).toThrow(
      expect.objectContaining({ name: 'ProcessLookupError', code: 'ESRCH', errno: 3, message: '[Errno 3] No such process' }),
    );
    expect(() => os.kill(process.pid, 12345)).toThrow(OSError);
    expect(() => os.kill(process.pid, 'SIGNOTHING' as never)).toThrow(ValueError);
    expect(() => os.kill(process.pid, 'toString' as never)).toThrow(ValueError);
    expect(() => os.kill('1' as never, 0)).toThrow(TypeError);
    expect(() => os.kill(1.5, 0)).toThrow(TypeError);
    expect(() => os.kill(process.pid, NaN)).toThrow(TypeError);
    expect(() => os.kill(2 ** 40, 0)).toThrow(OverflowError);
    expect(() => os.kill(process.pid, null as never)).toThrow(TypeError);
  });
});

describe('statuses', () => {
  const EXITED_7 = 7 << 8;
  const KILLED = 9;
  const DUMPED = 6 | 0x80;
  const STOPPED = 0x7f | (19 << 8);
  const CONTINUED = 0xffff;

  test('waitstatus_to_exitcode', () => {
    expect(os.waitstatus_to_exitcode(0)).toBe(0);
    expect(os.waitstatus_to_exitcode(EXITED_7)).toBe(7);
    expect(os.waitstatus_to_exitcode(KILLED)).toBe(-9);
    expect(os.waitstatus_to_exitcode(DUMPED)).toBe(-6);
    expect(() => os.waitstatus_to_exitcode(STOPPED)).toThrow(new ValueError('process stopped by delivery of signal 19'));
    expect(() => os.waitstatus_to_exitcode(CONTINUED)).toThrow(ValueError);
    expect(() => os.waitstatus_to_exitcode(1.5)).toThrow(TypeError);
    expect(() => os.waitstatus_to_exitcode('0' as never)).toThrow(TypeError);
    expect(() => os.waitstatus_to_exitcode(2 ** 40)).toThrow(OverflowError);
  });

  test('one by one', () => {
    const row = (status: number): boolean[] =>
      [os.WIFEXITED, os.WIFSIGNALED, os.WIFSTOPPED, os.WIFCONTINUED].map((f) => f(status));
    expect(row(EXITED_7)).toEqual([true, false, false, false]);
    expect(row(KILLED)).toEqual([false, true, false, false]);
    expect(row(STOPPED)).toEqual([false, false, true, false]);
    expect(row(CONTINUED)[3]).toBe(true);
    expect(os.WEXITSTATUS(EXITED_7)).toBe(7);
    expect(os.WTERMSIG(KILLED)).toBe(9);
    expect(os.WSTOPSIG(STOPPED)).toBe(19);
    expect([os.WCOREDUMP(KILLED), os.WCOREDUMP(DUMPED)]).toEqual([false, true]);
  });
});

describe('without a child of fork', () => {
  test('waits throw, as Python’s do', async () => {
    const error = expect.objectContaining({ name: 'ChildProcessError', code: 'ECHILD', errno: 10 });
    expect(() => os.wait()).toThrow(error);
    expect(() => os.waitpid(-1, os.WNOHANG)).toThrow(ChildProcessError);
    expect(() => os.waitpid(process.ppid, 0)).toThrow(OSError);
    await expect(os.wait_async()).rejects.toThrow(ChildProcessError);
    await expect(os.waitpid_async(process.ppid, os.WNOHANG)).rejects.toThrow(error);
  });

  test('arguments are looked at first', async () => {
    expect(() => os.waitpid('1' as never, 0)).toThrow(TypeError);
    expect(() => os.waitpid(1, 'WNOHANG' as never)).toThrow(TypeError);
    expect(() => os.waitpid(1, undefined as never)).toThrow(TypeError);
    expect(() => os.waitpid(1, 4)).toThrow(ValueError);
    await expect(os.waitpid_async(1, 0, { signal: 1 as never })).rejects.toThrow(TypeError);
    await expect(os.wait_async({ signal: AbortSignal.abort('no') })).rejects.toBe('no');
  });

  test('a child that Node started stays Node’s', async () => {
    const child = spawn(process.execPath, ['-e', 'process.exit(3)']);
    expect(() => os.waitpid(child.pid!, 0)).toThrow(ChildProcessError);
    expect(() => os.wait()).toThrow(ChildProcessError);
    expect(await once(child, 'exit')).toEqual([3, null]);
  });
});

describe('_exit and abort', () => {
  test('_exit runs no handler', async () => {
    const { code, stdout } = await runScript(`
      const os = require('nogil/os');
      process.on('exit', () => console.log('exit'));
      try { os._exit(7); } finally { console.log('finally'); }
    `);
    expect([code, stdout]).toEqual([7, '']);
  });

  test('_exit ends the process from a thread too, whatever the main thread waits in', async () => {
    const { code, stdout } = await runScript(`
      const { Thread } = require('nogil/threading');
      const thread = new Thread({ target: () => require('nogil/os')._exit(8) });
      thread.start();
      require('nogil/time').sleep(1000);
    `);
    expect([code, stdout]).toEqual([8, '']);
  });

  test('_exit takes an integer', () => {
    expect(() => os._exit('1' as never)).toThrow(TypeError);
    expect(() => os._exit(undefined as never)).toThrow(TypeError);
    expect(() => os._exit(2 ** 40)).toThrow(OverflowError);
  });

  test('abort ends by SIGABRT', async () => {
    const { signal, stdout } = await runScript(`process.on('exit', () => console.log('exit')); require('nogil/os').abort();`);
    expect([signal, stdout]).toEqual(['SIGABRT', '']);
  });
});
