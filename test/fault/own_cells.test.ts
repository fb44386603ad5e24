import { runScript } from '../helpers/script';

// A unit too many in the inbox of started threads, say, has a worker take a thread that is not there.
it('a handle that somebody guessed names nothing that the library has for itself', async () => {
  const { code, signal, stdout, stderr } = await runScript(`
    const { from_handle } = require('nogil');
    const { Lock, Thread } = require('nogil/threading');
    const { ThreadPoolExecutor, wait } = require('nogil/concurrent/futures');
    const { sleep } = require('nogil/time');
    const thread = new Thread({ target: () => undefined });
    thread.start();
    thread.join();
    sleep(0.001);
    const executor = new ThreadPoolExecutor(1);
    wait([executor.submit(() => 1)]);
    const { cell } = new Lock().handle;
    const chunk = cell - (cell % 16384);
    const found = [];
    for (const nogil of ['Semaphore', 'BoundedSemaphore', 'Event']) {
      for (let at = chunk; at < chunk + 1000; at++) {
        for (let generation = 0; generation < 4; generation++) {
          try {
            from_handle({ nogil, cell: at, generation });
            found.push(nogil);
          } catch (error) {
            if (error.name !== 'ValueError') throw error;
          }
        }
      }
    }
    console.log(found.join());
    executor.shutdown();`);
  expect([code, signal, stderr, stdout]).toEqual([0, null, '', '\n']);
});
