/** Pipe, Connection, and multiprocessing.connection.wait. */
import { BrokenPipeError, EOFError, from_handle, OSError, ValueError } from 'nogil';
import { BufferTooShort, Pipe, Process, Queue } from 'nogil/multiprocessing';
import { Connection, wait, wait_async } from 'nogil/multiprocessing/connection';
import { Thread } from 'nogil/threading';
import { eventually, seconds, thrown } from '../helpers/peers';
import { endPeers, LIMIT, Peer } from './peer';

let peer: Peer;
beforeAll(() => {
  peer = new Peer();
});
afterAll(endPeers);

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values);

test('a pipe between processes, both ways', async () => {
  const [mine, theirs] = Pipe();
  peer.begin(async (c) => {
    for (;;) {
      const item = c.recv() as unknown;
      if (item === 'stop') break;
      c.send([item, 'seen']);
    }
    c.send_bytes(new Uint8Array([1, 2, 3]));
    await c.send_async(await c.recv_async());
    c.close();
  }, theirs);
  theirs.close();
  for (const item of [1, null, undefined, 'a text that is longer', { a: [1n, new Map([[1, 2]])] }, new Uint8Array(200_000)]) {
    mine.send(item);
    expect(mine.recv()).toEqual([item, 'seen']);
  }
  mine.send('stop');
  expect(mine.recv_bytes()).toEqual(bytes(1, 2, 3));
  await mine.send_async('last');
  expect(await mine.recv_async()).toBe('last');
  peer.result();
});

test('one direction', () => {
  const [reader, writer] = Pipe(false);
  expect([reader.readable, reader.writable, writer.readable, writer.writable]).toEqual([true, false, false, true]);
  expect(() => reader.send(1)).toThrow(OSError);
  expect(() => writer.recv()).toThrow(OSError);
  expect(() => writer.poll()).toThrow(OSError);
  writer.send(1);
  expect(reader.recv()).toBe(1);
  writer.close();
  reader.close();
  // As in Python, what kind of end it is stays known.
  expect([reader.readable, reader.writable, writer.readable, writer.writable]).toEqual([true, false, false, true]);
});

test('the end', async () => {
  const [a, b] = Pipe();
  b.send('left');
  b.close();
  b.close();
  expect([b.closed, a.poll(), a.recv(), a.poll()]).toEqual([true, true, 'left', true]);
  expect(() => a.recv()).toThrow(EOFError);
  await expect(a.recv_async()).rejects.toThrow(EOFError);
  expect(() => a.send(1)).toThrow(BrokenPipeError);
  expect(() => b.send(1)).toThrow(OSError);
  expect(() => b.recv()).toThrow(OSError);
  expect(() => b.handle).toThrow(OSError);
  expect(thrown(() => a.send(b)).name).toBe('OSError');
});

test('the end of a process, also a killed one, closes its ends', async () => {
  const other = new Peer();
  const [mine, theirs] = Pipe();
  other.call((c) => {
    (globalThis as { held?: unknown }).held = c;
  }, theirs);
  theirs.close();
  mine.send('never read');
  const pending = mine.recv_async();
  expect(mine.poll(0.05)).toBe(false);
  other.kill();
  await expect(pending).rejects.toThrow(EOFError);
  expect(() => mine.recv()).toThrow(EOFError);
  expect(() => mine.send(1)).toThrow(BrokenPipeError);
});

test('bytes', () => {
  const [a, b] = Pipe();
  const buffer = bytes(0, 1, 2, 3, 4, 5, 6, 7);
  a.send_bytes(buffer.subarray(1), 1, 3);
  a.send_bytes(buffer, 8);
  a.send_bytes(new Uint16Array([0x201]));
  a.send_bytes(buffer.buffer);
  expect([b.recv_bytes(), b.recv_bytes(), b.recv_bytes()]).toEqual([bytes(2, 3, 4), bytes(), bytes(1, 2)]);
  const room = new Uint8Array(10);
  expect(b.recv_bytes_into(room, 2)).toBe(8);
  expect(room).toEqual(bytes(0, 0, 0, 1, 2, 3, 4, 5, 6, 7));
  for (const [offset, size] of [
    [-1, 1],
    [9, 0],
    [0, -1],
    [4, 5],
  ]) {
    expect(() => a.send_bytes(buffer, offset, size)).toThrow(ValueError);
  }
  a.send_bytes(buffer);
  const short = thrown(() => b.recv_bytes_into(new Uint8Array(7)));
  expect(short).toBeInstanceOf(BufferTooShort);
  expect((short as unknown as BufferTooShort).args[0]).toEqual(buffer);
  expect(() => b.recv_bytes(-1)).toThrow(ValueError);
  expect(() => a.send_bytes('text' as never)).toThrow(TypeError);
  a.send({ no: 'bytes' });
  expect(() => b.recv_bytes()).toThrow(TypeError);
  a.send_bytes(buffer);
  expect(() => b.recv_bytes(7)).toThrow(/bad message length/);
  expect([b.readable, b.writable]).toEqual([false, true]);
});

test('poll() waits without taking, and without CPU', async () => {
  const [a, b] = Pipe();
  expect(a.poll()).toBe(false);
  const cpu = process.cpuUsage();
  expect(seconds(() => expect(a.poll(0.3)).toBe(false))).toBeGreaterThan(0.29);
  const { user, system } = process.cpuUsage(cpu);
  expect(user + system).toBeLessThan(150_000);
  expect(a.poll(-1)).toBe(false);
  const pending = a.poll_async(null);
  peer.begin((c) => c.poll(null), a);
  b.send('x');
  expect([await pending, peer.result(), a.poll(), a.recv()]).toEqual([true, true, true, 'x']);
  const abort = new AbortController();
  const aborted = a.poll_async(20, { signal: abort.signal });
  abort.abort(new Error('never mind'));
  await expect(aborted).rejects.toThrow('never mind');
});

test('connections travel: to threads, through queues and pipes, as handles', () => {
  const [a, b] = Pipe();
  const queue = new Queue();
  queue.put({ end: b });
  const again = (queue.get() as { end: Connection }).end;
  expect(again).toBeInstanceOf(Connection);
  b.close();
  again.send(1);
  const thread = new Thread({
    target: (c: Connection) => {
      c.send((c.recv() as number) + 1);
      c.close();
    },
    args: [a],
  });
  thread.start();
  thread.join(LIMIT);
  expect(again.recv()).toBe(2);
  const third = from_handle(structuredClone(a.handle)) as Connection;
  a.close();
  third.send('from the handle');
  expect(again.recv()).toBe('from the handle');
  expect(() => Connection.from(new Queue().handle)).toThrow(ValueError);
  const [c, d] = Pipe();
  c.send(third);
  expect(d.recv()).toBeInstanceOf(Connection);
});

describe('wait()', () => {
  test('over connections, queues and processes', async () => {
    const [a, b] = Pipe();
    const queue = new Queue();
    const child = new Process({
      target: (c: Connection) => {
        c.recv();
      },
      args: [b],
    });
    child.start();
    const all = [a, queue, child.sentinel];
    expect(wait(all, 0)).toEqual([]);
    expect(seconds(() => expect(wait(all, 0.1)).toEqual([]))).toBeGreaterThan(0.09);
    peer.begin((q) => q.put(1), queue);
    // Not by `toEqual`, which would iterate over the queue, and so wait.
    expect(wait(all, LIMIT).map((object) => all.indexOf(object))).toEqual([1]);
    peer.result();
    expect(queue.get()).toBe(1);
    const pending = wait_async(all, LIMIT);
    a.send('end');
    expect(await pending).toEqual([child.sentinel]);
    child.join(LIMIT);
    b.close();
    expect(wait(all)).toEqual([a, child.sentinel]);
    expect(wait([queue._reader, a])).toEqual([a]);
    expect(wait([a, a])).toEqual([a, a]);
    child.close();
  });

  test('wrong objects', () => {
    expect(() => wait([{} as never])).toThrow(TypeError);
    expect(() => wait([3])).toThrow(ValueError);
    expect(wait([])).toEqual([]);
  });

  test('many at once', async () => {
    const pipes = Array.from({ length: 200 }, () => Pipe(false));
    const pending = wait_async(pipes.map(([reader]) => reader));
    pipes[150][1].send(1);
    expect(await pending).toEqual([pipes[150][0]]);
    await eventually(
      () =>
        wait(
          pipes.map(([reader]) => reader),
          0,
        ).length === 1,
    );
  });
});

test('bytes without blocking, and by keyword', async () => {
  const [a, b] = Pipe();
  const text = Buffer.from('hello');
  const pending = b.recv_bytes_async();
  await a.send_bytes_async(text, { offset: 1, size: 3 });
  expect(await pending).toEqual(bytes(...Buffer.from('ell')));
  await a.send_bytes_async(text, 3);
  expect(b.recv_bytes({ maxlength: 2 })).toEqual(bytes(...Buffer.from('lo')));
  a.send_bytes(text, { offset: 4 });
  const room = new Uint8Array(3);
  expect(await b.recv_bytes_into_async(room, { offset: 2 })).toBe(1);
  expect(room).toEqual(bytes(0, 0, text[4]));
  a.send_bytes(text);
  expect(b.recv_bytes_into(Buffer.alloc(8), { offset: 3 })).toBe(5);
  a.send_bytes(text);
  await expect(b.recv_bytes_into_async(room)).rejects.toThrow(BufferTooShort);
  await expect(a.send_bytes_async(text, -1)).rejects.toThrow(ValueError);
  await expect(a.send_bytes_async(text, { size: 6 })).rejects.toThrow(ValueError);

  const aborter = new AbortController();
  const aborted = b.recv_bytes_async({ signal: aborter.signal });
  aborter.abort(new RangeError('enough'));
  await expect(aborted).rejects.toThrow(RangeError);
  a.send_bytes(text);
  await expect(b.recv_bytes_async(4)).rejects.toThrow(OSError);
  expect(b.readable).toBe(false);

  await a[Symbol.asyncDispose]();
  expect(a.closed).toBe(true);
});
