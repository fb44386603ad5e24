/** What a process leaves behind that is killed while it comes up, or whose place in the tree another takes. */
import { Pipe, Process, Queue } from 'nogil/multiprocessing';

const LIMIT = 20;
const { sleepLong, startSleeper } = require('../multiprocessing/fixtures/sleepers.cjs');

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
}, 60_000);
