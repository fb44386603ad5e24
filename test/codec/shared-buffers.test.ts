import assert from 'node:assert/strict';
import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { decode, discard, encode, serveRequests, snapshot } from '../../dist/internal/codec';

const clone = (value: any): any => decode(Buffer.from(encode(value)));
const codec = JSON.stringify(require.resolve('../../dist/internal/codec'));
const workers: Worker[] = [];

/** A worker that answers each message with the result of `body`, a function of `m` with `decode`, `encode` at hand. */
async function start(body: string, workerData?: unknown): Promise<(message: unknown) => Promise<any>> {
  const worker = new Worker(
    `const { parentPort, workerData } = require('node:worker_threads');
     const { adopt, decode, encode } = require(${codec});
     if (workerData) adopt(workerData);
     const kept = [];
     parentPort.on('message', (m) => parentPort.postMessage(((m) => { ${body} })(m)));
     parentPort.postMessage('ready');`,
    { eval: true, workerData },
  );
  workers.push(worker);
  await once(worker, 'message');
  return async (message) => {
    worker.postMessage(message);
    return (await once(worker, 'message'))[0];
  };
}

afterEach(() => Promise.all(workers.splice(0).map((worker) => worker.terminate())));

test('within a thread it is the same object, and so is the buffer of its views', () => {
  const shared = new SharedArrayBuffer(16);
  const { a, b, view } = clone({ a: shared, b: [shared], view: new Int32Array(shared, 4, 2) });
  assert.equal(a, shared);
  assert.equal(b[0], shared);
  assert.equal(view.buffer, shared);
  assert.deepEqual([view.byteOffset, view.length], [4, 2]);
  assert.equal(clone([shared])[0], shared);
});

test('a growable one grows for both, and views follow', () => {
  const shared = new (SharedArrayBuffer as any)(4, { maxByteLength: 16 });
  const view = clone(new Uint8Array(shared));
  shared.grow(12);
  assert.equal(view.length, 12);
  assert.equal(clone(new Uint8Array(shared, 0, 12)).length, 12);
});

test('another thread sees the same memory, gets one object for all messages, and can send it on', async () => {
  const ask = await start(
    `const { view, bytes } = decode(m);
     kept.push(view.buffer);
     Atomics.add(view, 0, 1);
     return { same: kept.every((buffer) => buffer === kept[0]), back: Buffer.from(encode({ buffer: view.buffer })) };`,
  );
  const view = new Int32Array(new SharedArrayBuffer(8));
  for (let i = 1; i <= 3; i++) {
    const { same, back } = await ask(Buffer.from(encode({ view })));
    assert.equal(view[0], i);
    assert.equal(same, true);
    assert.equal((decode(back) as any).buffer, view.buffer, 'it comes back as itself');
  }
});

test('no event loop has to turn: sender and receiver block', async () => {
  const view = new Int32Array(new SharedArrayBuffer(64));
  const message = new Uint8Array(new SharedArrayBuffer(4096));
  const size = new Int32Array(new SharedArrayBuffer(4));
  const ask = await start(
    `Atomics.wait(m.size, 0, 0);
     const { view } = decode(m.message.slice(0, Atomics.load(m.size, 0)));
     Atomics.store(view, 1, 42);
     Atomics.notify(view, 1);
     return 'done';`,
  );
  const answer = ask({ message, size });
  const bytes = encode({ view });
  message.set(bytes);
  Atomics.store(size, 0, bytes.length);
  Atomics.notify(size, 0);
  Atomics.wait(view, 1, 0, 10_000);
  assert.equal(view[1], 42);
  assert.equal(await answer, 'done');
});

test('a thread that starts later is given what there is, or asks for it', async () => {
  const view = new Int32Array(new SharedArrayBuffer(8));
  const bytes = Buffer.from(encode({ view }));
  const body = `const start = performance.now(); Atomics.add(decode(m).view, 0, 1); return performance.now() - start;`;
  const given = await start(body, snapshot());
  await given(bytes);
  assert.equal(view[0], 1);
  const asks = await start(body);
  await asks(Buffer.from(encode({ view })));
  assert.equal(view[0], 2);
});

test('a shared WebAssembly memory, its buffer and a module', async () => {
  const wasm = (globalThis as any).WebAssembly;
  const memory = new wasm.Memory({ initial: 1, maximum: 2, shared: true });
  const module = new wasm.Module(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0]));
  const ask = await start(
    `const { memory, buffer, module } = decode(m);
     new Int32Array(buffer)[0] += 1;
     new Int32Array(memory.buffer)[0] += 1;
     return new WebAssembly.Instance(module) instanceof WebAssembly.Instance;`,
  );
  assert.equal(await ask(Buffer.from(encode({ memory, buffer: memory.buffer, module }))), true);
  assert.equal(new Int32Array(memory.buffer)[0], 2);
});

test('to another process it is refused, and the message says what to use', () => {
  const view = new Uint8Array(new SharedArrayBuffer(8));
  assert.throws(() => encode({ a: [view] }, { process: true }), { name: 'DataCloneError', message: /SharedMemory.*RawArray/ });
  assert.throws(() => encode({ a: [view.buffer] }, { process: true }), { message: /^a\[0\]: a SharedArrayBuffer/ });
});

test('buffers that nobody uses are freed once their messages are read or discarded', async () => {
  const gc = collector();
  for (let i = 0; i < 40; i++) {
    // 40 GiB of addresses if none were freed, and 2.5 GiB of memory.
    const shared = new SharedArrayBuffer(64 << 20);
    new Uint8Array(shared)[0] = 1;
    const bytes = Buffer.from(encode([shared]));
    if (i % 2) decode(bytes);
    else discard(bytes);
    assert.throws(() => encode([shared, () => 1]));
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));
  let known = Infinity;
  for (let i = 0; i < 50 && known > 5; i++) {
    serveRequests();
    await turn(); // what a WeakRef gave is kept to the end of the turn
    gc();
    await turn();
    known = snapshot().size;
  }
  assert.ok(known <= 5, `${known} are still known`);
});

/** Full collections on demand, without a command-line flag. */
function collector(): () => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as () => void;
}
