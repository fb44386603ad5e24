/**
 * Standard output and error of our workers: straight to the descriptors. Node's way is through the
 * parent's event loop, where text would wait as long as the parent blocks.
 */
import { typeError } from '../errors';
import { native } from '../native';

type Done = (error?: Error | null) => void;

function redirect(stream: NodeJS.WriteStream, descriptor: number): void {
  const put = (chunk: unknown, encoding?: BufferEncoding): Error | undefined => {
    if (typeof chunk !== 'string' && !ArrayBuffer.isView(chunk)) {
      throw Object.assign(
        typeError(`The "chunk" argument must be of type string or an instance of Buffer, TypedArray, or DataView`),
        {
          code: 'ERR_INVALID_ARG_TYPE',
        },
      );
    }
    const bytes =
      typeof chunk === 'string' ? Buffer.from(chunk, encoding) : new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const answer = bytes.length === 0 ? 0 : native.write(descriptor, bytes);
    return answer < 0
      ? Object.assign(new Error(`write failed, errno ${-answer}`), { errno: answer, syscall: 'write' })
      : undefined;
  };
  const write = (chunk: unknown, encoding?: BufferEncoding | Done, done?: Done): boolean => {
    const named = typeof encoding === 'string';
    const error = put(chunk, named ? encoding : undefined);
    const callback = named ? done : encoding;
    if (typeof callback === 'function') process.nextTick(callback, error ?? null);
    return true;
  };
  // Pipelines end up here past `write`, with what was corked.
  const writev = (chunks: { chunk: unknown; encoding: BufferEncoding }[], done: Done): void => {
    let failed: Error | undefined;
    for (const { chunk, encoding } of chunks) failed ??= put(chunk, typeof chunk === 'string' ? encoding : undefined);
    done(failed);
  };
  Object.assign(stream, { write, _writev: writev });
}

/** Redirects a stream when somebody first asks for it: it takes as long to make as a thread needs for much else. */
function redirectLater(name: 'stdout' | 'stderr', descriptor: number): void {
  const property = Object.getOwnPropertyDescriptor(process, name)!;
  if (!property.get) {
    // Bun has made it already.
    redirect(property.value as NodeJS.WriteStream, descriptor);
    return;
  }
  let stream: NodeJS.WriteStream | undefined;
  Object.defineProperty(process, name, {
    configurable: true,
    enumerable: property.enumerable === true,
    get(): NodeJS.WriteStream {
      if (stream === undefined) redirect((stream = property.get!.call(process) as NodeJS.WriteStream), descriptor);
      return stream;
    },
  });
}

// Whoever imports this does so before anything else may write.
redirectLater('stdout', 1);
redirectLater('stderr', 2);
