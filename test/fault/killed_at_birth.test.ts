/** What a process leaves behind that is killed while it comes up, or whose place in the tree another takes. */
import { get_all_start_methods, Pipe, Process, Queue } from 'nogil/multiprocessing';
import { sleep } from 'nogil/time';
import { collected, native } from '../helpers/memory';

const LIMIT = 60;
const { forkForEver, sleepLong, startSleeper } = require('../multiprocessing/fixtures/sleepers.cjs');

test('a child that is killed before it took its arguments holds none of them', () => {
  const [reader, writer] = Pipe(false);
  const child = new Process({ target: sleepLong, args: [writer], daemon: true });
  child.start();
  writer.close();
  child.kill();
  child.join(LIMIT);
  expect(child.exitcode).toBe(-9);
  // As in Python: nobody holds the other end any more.
  expect(reader.poll(LIMIT)).toBe(true);
  expect(() => reader.recv()).toThrow(expect.objectContaining({ name: 'EOFError' }));
  reader.close();
});

test('children of a killed process are not those of the next process in its place', () => {
  const pids = new Queue();
  const parent = new Process({ target: startSleeper, args: [pids] });
  parent.start();
  const orphan = pids.get(true, LIMIT) as number;
  try {
    parent.kill();
    // It has been recovered from then: its place is the first that is free.
    parent.join(LIMIT);
    expect(parent.exitcode).toBe(-9);
    const next = new Process({ target: sleepLong, args: [0], daemon: true });
    next.start();
    // At its end it waits for its children.
    next.join(LIMIT);
    const { exitcode } = next;
    next.kill();
    expect(exitcode).toBe(0);
  } finally {
    process.kill(orphan, 'SIGKILL');
  }
}, 300_000);

if (get_all_start_methods().includes('fork')) {
  test('a place in the tree that a killed process took for a fork which never was comes back', async () => {
    const begun = new Queue();
    begun.put(0);
    begun.get(true, LIMIT);
    const before = native.liveCells(true);
    for (let i = 0; i < 20; i++) {
      const parent = new Process({ target: forkForEver, args: [begun] });
      parent.start();
      begun.get(true, LIMIT);
      // A little further each time: a good part of all kills meets a fork under way.
      sleep(0.003 * (i % 5));
      parent.kill();
      parent.join(LIMIT);
      parent.close();
    }
    await collected(() => native.liveCells(true) <= before);
  }, 300_000);
}
