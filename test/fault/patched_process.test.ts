/** Packages that watch for the end of the process put functions of theirs into it, and take them out again. */
import { runScript } from '../helpers/script';

/** As signal-exit does: once with what it finds, later back to what it had found. */
const patch = `
  const found = { emit: process.emit, reallyExit: process.reallyExit };
  const seen = [];
  const load = () => {
    process.emit = function (event, ...args) {
      const heard = found.emit.call(this, event, ...args);
      seen.push(event);
      if (event === 'exit') require('node:fs').writeSync(1, seen.join() + '\\n');
      return heard;
    };
    process.reallyExit = function (code) { return found.reallyExit.call(this, code) };
  };
  const unload = () => Object.assign(process, found);`;
const blocked = `
  const { Event, Thread } = require('nogil/threading');
  const started = new Event();
  new Thread({ target: (set, never) => { set.set(); never.wait() }, args: [started, new Event()], daemon: true }).start();
  started.wait();`;

test.each(['', 'process.exit()', 'setImmediate(() => { throw new Error("uncaught") })'])(
  'a process that was patched before the library was loaded, and restored after, ends by %j',
  async (end) => {
    const { timedOut, code } = await runScript(`${patch} ${blocked} load(); unload(); ${end}`);
    expect({ timedOut, code }).toEqual({ timedOut: false, code: end.startsWith('set') ? 1 : 0 });
  },
);

test.each([
  ['before', patch + blocked, ['exit']],
  // Seen through the library's own part in it: what listeners emit as well.
  ['after', blocked + patch, ['nested', 'exit']],
])('a patch by who found the process as it was %s the library was loaded hears of the end once', async (_, program, events) => {
  const { timedOut, stdout } = await runScript(`${program} load(); process.on('exit', () => process.emit('nested'));`);
  expect(timedOut).toBe(false);
  expect(stdout.trim().split(',').filter((event) => event === 'exit' || event === 'nested')).toEqual(events); // prettier-ignore
});
