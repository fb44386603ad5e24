import { createContext, runInContext } from 'node:vm';

/**
 * The global names that every new thread has. A list and not a look at `globalThis`, which programs and test runners add
 * to: a function that uses such an addition would fail in a thread. Names of later Node versions do no harm in earlier ones.
 */
const NAMES = new Set(
  `globalThis global process Buffer console undefined NaN Infinity eval isFinite isNaN parseFloat parseInt decodeURI
  decodeURIComponent encodeURI encodeURIComponent escape unescape Object Function Boolean Symbol Number BigInt Math Date
  String RegExp Array Map Set WeakMap WeakSet WeakRef FinalizationRegistry ArrayBuffer SharedArrayBuffer DataView Atomics
  JSON Promise Reflect Proxy Intl WebAssembly Iterator AsyncIterator Temporal Error AggregateError EvalError RangeError
  ReferenceError SyntaxError TypeError URIError SuppressedError DisposableStack AsyncDisposableStack Int8Array Uint8Array
  Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array Float16Array Float32Array Float64Array BigInt64Array
  BigUint64Array setTimeout clearTimeout setInterval clearInterval setImmediate clearImmediate queueMicrotask
  structuredClone atob btoa fetch crypto performance navigator AbortController AbortSignal Blob BroadcastChannel
  ByteLengthQueuingStrategy CompressionStream CountQueuingStrategy Crypto CryptoKey CustomEvent DecompressionStream
  DOMException Event EventTarget EventSource File FormData Headers MessageChannel MessageEvent MessagePort Navigator
  Performance PerformanceEntry PerformanceMark PerformanceMeasure PerformanceObserver PerformanceObserverEntryList
  PerformanceResourceTiming ReadableByteStreamController ReadableStream ReadableStreamBYOBReader ReadableStreamBYOBRequest
  ReadableStreamDefaultController ReadableStreamDefaultReader Request Response SubtleCrypto TextDecoder
  TextDecoderStream TextEncoder TextEncoderStream TransformStream TransformStreamDefaultController URL URLPattern
  URLSearchParams WebSocket CloseEvent WritableStream WritableStreamDefaultController WritableStreamDefaultWriter gc`.split(
    /\s+/,
  ),
);

let builtins: Set<string> | undefined;

/** Whether a new thread has a global of that name. */
export function isGlobal(name: string): boolean {
  if (NAMES.has(name)) return true;
  // The engine may know more of the language than this list does.
  builtins ??= new Set(runInContext('Object.getOwnPropertyNames(globalThis)', createContext()) as string[]);
  return builtins.has(name);
}
