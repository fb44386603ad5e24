/**
 * SharedArrayBuffers (also shared WebAssembly memories and compiled modules) within a message: the
 * bytes carry an id, the object itself travels beside them, over a BroadcastChannel that every thread
 * with this module loaded subscribes to. A channel delivers synchronously and `receiveMessageOnPort`
 * takes synchronously, so no event loop has to turn on either side.
 *
 * Each object that was ever sent has an entry in every thread that has it, and the entries of all
 * threads share two words of memory:
 *
 * | word | meaning |
 * |---|---|
 * | `IN_FLIGHT` | messages that hold the id and were neither decoded nor discarded. While it is not 0, every entry keeps its object alive; at 0 (looked at by {@link sweep}) entries only remember it weakly. |
 * | `LOST` | 1 when some thread's copy was collected: the next sender offers the object again. |
 *
 * So an object lives as long as someone uses it or a message with it is under way, a second sending
 * costs one atomic addition, and nothing has to be acknowledged. Of messages that native code drops
 * undecoded it keeps the ids, for the next {@link sweep}.
 *
 * A worker that is still booting is not subscribed yet, so who made it sends it the offer by its own port
 * too ({@link expectNewcomer}). A thread that started after the offer asks for the id on the channel and wakes all others; whoever
 * has the object answers on its event loop or, while it blocks, in {@link serveRequests}. New threads
 * are spared that by {@link snapshot} and {@link adopt}.
 */
import { BroadcastChannel, type MessagePort, parentPort, receiveMessageOnPort } from 'node:worker_threads';
import { onService } from '../environment';
import { pooled } from '../pooled';
import { RuntimeError } from '../errors';
import { native } from '../native';
import { ID_BYTES } from './format';

/** How an object is told to other threads. */
export interface Offer {
  id: string;
  object: object;
  words: Int32Array;
  at: number;
}

interface Request {
  want: string;
}

export interface SharedEntry {
  readonly id: string;
  readonly words: Int32Array;
  readonly at: number;
  readonly weak: WeakRef<object>;
  /** Set while a message may be under way. */
  strong: object | undefined;
}

const IN_FLIGHT = 0;
const LOST = 1;
const WORDS_PER_OBJECT = 2;
const OBJECTS_PER_BLOCK = 256;
const SWEEP_DELAY_MS = 1000;
const REQUEST_LIMIT_MS = 10_000;

const entries = new Map<string, SharedEntry>();
const ids = new WeakMap<object, SharedEntry>();
/** Entries with a strong reference, to be looked at by {@link sweep}. */
const held = new Set<SharedEntry>();
let sweepAt = 64;
let timer: NodeJS.Timeout | undefined;

const collected = new FinalizationRegistry<SharedEntry>((entry) => {
  if (entries.get(entry.id) === entry) entries.delete(entry.id);
  Atomics.store(entry.words, entry.at + LOST, 1);
});

const latin1 = (n: number): string => String.fromCharCode(n & 0xff, (n >>> 8) & 0xff, (n >>> 16) & 0xff, n >>> 24);

// Unique in the process: the thread's number in it, something that tells a second copy of the library
// apart, which uses the same channel, then a counter.
const idBase = latin1(native.environmentId()) + latin1(Math.random() * 2 ** 32);
let idCount = 0;
let block: Int32Array = new Int32Array(0);
let blockUsed = 0;

function nextId(): string {
  return idBase + latin1(idCount++);
}

const channel = new BroadcastChannel('nogil:shared-buffers');
channel.onmessage = (event: unknown) => receive((event as { data: unknown }).data);
channel.unref();
onService(serveRequests);

function hold(entry: SharedEntry, object: object): void {
  entry.strong = object;
  held.add(entry);
  if (held.size >= sweepAt) sweep();
  timer ??= setTimeout(sweep, SWEEP_DELAY_MS).unref();
}

/** Lets go of objects that no message holds any more; whoever still uses one keeps it alive. */
function sweep(): void {
  clearTimeout(timer);
  timer = undefined;
  const dropped = native.takeDropped();
  for (let i = 0; dropped && i < dropped.length; i += ID_BYTES) {
    settleId(String.fromCharCode(...dropped.subarray(i, i + ID_BYTES)));
  }
  for (const entry of held) {
    if (Atomics.load(entry.words, entry.at + IN_FLIGHT) > 0) continue;
    entry.strong = undefined;
    held.delete(entry);
  }
  sweepAt = 2 * held.size + 64;
  if (held.size > 0) timer = setTimeout(sweep, SWEEP_DELAY_MS).unref();
}

function learn(offer: Offer): void {
  const known = entries.get(offer.id);
  // Two wrappers of one buffer must not be told apart: the first one that is alive stays.
  const object = known?.weak.deref() ?? offer.object;
  let entry = known;
  if (entry === undefined || object === offer.object) {
    if (entry) held.delete(entry);
    entry = { id: offer.id, words: offer.words, at: offer.at, weak: new WeakRef(object), strong: undefined };
    entries.set(offer.id, entry);
    ids.set(object, entry);
    collected.register(object, entry);
  }
  hold(entry, object);
}

function post(entry: SharedEntry, object: object): void {
  const offer: Offer = { id: entry.id, object, words: entry.words, at: entry.at };
  // These first: who is not subscribed when the channel is written has not said that it is, so it finds this.
  for (const newcomer of newcomers) {
    if (newcomer.isUp()) newcomers.delete(newcomer);
    else newcomer.port.postMessage(offer);
  }
  channel.postMessage(offer);
}

interface Newcomer {
  port: Pick<MessagePort, 'postMessage'>;
  isUp(): boolean;
}

const newcomers = new Set<Newcomer>();

/**
 * Sends to a worker made here what is offered until it says that it is subscribed: it calls
 * {@link serveRequests} after that. @returns what ends that early, should the worker end
 */
export function expectNewcomer(port: Newcomer['port'], isUp: () => boolean): () => void {
  const newcomer = { port, isUp };
  newcomers.add(newcomer);
  return () => newcomers.delete(newcomer);
}

function receive(message: unknown): void {
  if ('want' in (message as Offer | Request)) {
    const entry = entries.get((message as Request).want);
    const object = entry?.weak.deref();
    if (entry && object) post(entry, object);
  } else {
    learn(message as Offer);
  }
}

/** Whether the maker of this worker may send offers still. */
let booting = pooled;

/** For a worker that has just said that it is subscribed. */
export function endBoot(): void {
  serveRequests();
  booting = false;
}

/** Deno's takes from the ports of a `MessageChannel` alone: what comes by a channel comes with the event loop there. */
const takes = process.versions.deno === undefined;

function takeAll(port: object): void {
  if (!takes) return;
  for (let message = receiveMessageOnPort(port as never); message; message = receiveMessageOnPort(port as never)) {
    receive(message.message);
  }
}

/**
 * Takes what other threads have sent and answers their requests. A thread that blocks for long calls
 * this when it is woken for service, so that threads which started meanwhile get what they ask for.
 */
export function serveRequests(): void {
  takeAll(channel);
  if (booting) takeAll(parentPort!);
  if (held.size > 0) sweep();
}

/**
 * Registers that one more message holds `object`, and offers it to the other threads where they may
 * not have it. {@link settle} is the counterpart.
 *
 * @throws DataCloneError where the object can not be shared
 */
export function offer(object: object): SharedEntry {
  let entry = ids.get(object);
  const isNew = entry === undefined;
  if (entry === undefined) {
    if (blockUsed === block.length) {
      block = new Int32Array(new SharedArrayBuffer(OBJECTS_PER_BLOCK * WORDS_PER_OBJECT * 4));
      blockUsed = 0;
    }
    entry = { id: nextId(), words: block, at: blockUsed, weak: new WeakRef(object), strong: undefined };
    blockUsed += WORDS_PER_OBJECT;
  }
  // Before anybody can see the offer, so that no sweep elsewhere finds 0 with the message under way.
  Atomics.add(entry.words, entry.at + IN_FLIGHT, 1);
  try {
    if (Atomics.exchange(entry.words, entry.at + LOST, 0) === 1 || isNew) post(entry, object);
  } catch (error) {
    settle(entry);
    throw error;
  }
  if (isNew) {
    entries.set(entry.id, entry);
    ids.set(object, entry);
    collected.register(object, entry);
  }
  hold(entry, object);
  return entry;
}

/** One message less holds the object: decoded, discarded, or never sent. */
export function settle(entry: SharedEntry): void {
  Atomics.sub(entry.words, entry.at + IN_FLIGHT, 1);
}

/** One message more holds the object of that id: a copy of one that is kept. */
export function raise(id: string): void {
  lookUp(id);
  const entry = entries.get(id);
  if (entry) Atomics.add(entry.words, entry.at + IN_FLIGHT, 1);
}

/** {@link settle} by id; an entry that is not known here could only have come from a lost message. */
export function settleId(id: string): void {
  let entry = entries.get(id);
  if (entry === undefined) {
    serveRequests();
    entry = entries.get(id);
  }
  if (entry) settle(entry);
}

function find(id: string): object | undefined {
  const entry = entries.get(id);
  return entry?.strong ?? entry?.weak.deref();
}

/**
 * The object with that id, the same one at every call. Blocks where this thread has to ask for it.
 *
 * @throws RuntimeError where no thread has it, or none answers within 10 s
 */
export function lookUp(id: string): object {
  let object = find(id);
  if (object) return object;
  serveRequests();
  object = find(id);
  if (object) return object;
  const request: Request = { want: id };
  channel.postMessage(request);
  native.serviceAll();
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const deadline = performance.now() + REQUEST_LIMIT_MS;
  for (let pause = 0.1; performance.now() < deadline; pause = Math.min(pause * 1.5, 5)) {
    Atomics.wait(clock, 0, 0, pause);
    serveRequests();
    object = find(id);
    if (object) return object;
  }
  throw new RuntimeError(
    `a SharedArrayBuffer did not arrive within ${REQUEST_LIMIT_MS / 1000} s: the thread that shared it has ended or is busy`,
  );
}

/** All objects that this thread could hand on, for a new thread's `workerData`. */
export function snapshot(): Map<string, Offer> {
  serveRequests();
  const offers = new Map<string, Offer>();
  for (const { id, words, at, weak } of entries.values()) {
    const object = weak.deref();
    if (object) offers.set(id, { id, object, words, at });
  }
  return offers;
}

/** Takes the {@link snapshot} of the thread that started this one. */
export function adopt(offers: ReadonlyMap<string, Offer>): void {
  for (const offered of offers.values()) learn(offered);
}
