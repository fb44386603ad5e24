import { runScript } from '../helpers/script';

describe('where processes are not supported', () => {
  it('says so, and what to use instead', async () => {
    const { code, stdout, stderr } = await runScript(`
      const { Process, Pool } = require('nogil/multiprocessing');
      const { ProcessPoolExecutor } = require('nogil/concurrent/futures');
      const { SharedMemory } = require('nogil/multiprocessing/shared_memory');
      // Asked for when it is wanted, not when the library is loaded.
      Object.defineProperty(process, 'platform', { value: 'win32' });
      const attempts = [
        () => new Process({ target: () => 1 }).start(),
        () => new Pool({ processes: 1 }),
        () => new ProcessPoolExecutor({ max_workers: 1 }).submit(() => 1),
        () => new SharedMemory({ create: true, size: 10 }),
      ];
      for (const attempt of attempts) {
        try { attempt(); console.log('no error'); } catch ({ name, message }) { console.log(name + ' ' + message); }
      }
      process.exit();`);
    const reason =
      "processes are not supported on Windows yet; threads are (nogil/threading, ThreadPoolExecutor, nogil/multiprocessing/pool's ThreadPool)";
    const whats = ['Process.start()', 'Pool', 'ProcessPoolExecutor', 'SharedMemory'];
    expect(stdout.trimEnd().split('\n')).toEqual(whats.map((what) => `RuntimeError ${what}: ${reason}`));
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });
});
