/** The library loaded anew in one process, as jest does for each test file: its native half is the same. */
import { runScript } from '../helpers/script';

const LOAD = `
  const { isMainThread } = require('node:worker_threads');
  exports.main = (times) => {
    let loaded;
    for (let i = 0; i < times; i++) {
      for (const file of Object.keys(require.cache)) if (!file.endsWith('.node') && file !== __filename) delete require.cache[file];
      loaded = require('nogil/threading');
    }
    return loaded;
  };
  exports.work = (go) => go.acquire();
`;

test('a program ends by itself when the threads of the newest copy have ended', async () => {
  const result = await runScript(`${LOAD}
    if (isMainThread) {
      const { Thread, Semaphore } = exports.main(2);
      const go = new Semaphore(0);
      new Thread({ target: exports.work, args: [go] }).start();
      setImmediate(() => go.release());
    }`);
  expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
});

test('copies leave no listeners behind', async () => {
  const result = await runScript(`${LOAD}
    if (isMainThread) {
      exports.main(1);
      const count = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
      const before = JSON.stringify(count());
      exports.main(12);
      console.log(JSON.stringify(count()) === before);
    }`);
  expect(result).toMatchObject({ code: 0, stdout: 'true\n', stderr: '' });
});

// Between a change of state by JavaScript and the call that wakes others nothing may run that a thread can be terminated in.
test('the functions that wake others are there from the start', async () => {
  const result = await runScript(`
    const { native } = require(require.resolve('nogil/threading').replace('threading', 'internal').replace('index', 'native'));
    console.log(Object.keys(native).join(' '));`);
  expect(result).toMatchObject({ code: 0, stdout: 'mutexWake semaphoreWake eventWakeIfSet futureWake\n', stderr: '' });
});
