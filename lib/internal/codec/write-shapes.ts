/**
 * Objects with the same keys in the same order share a shape: the keys are turned to bytes once, and
 * a shape that is used often gets a function of its own that reads the properties by name.
 */
/* eslint-disable @typescript-eslint/unbound-method -- built-in methods, kept from before anyone could replace them, and used with call() */
import { SHORT_STRING_LIMIT, Tag } from './format';
import { Writer } from './writer';

/** Objects with more keys than this are dictionaries. */
const MAX_KEYS = 32;
/** Successors a node may have; beyond, keys are data (a dictionary's), and remembering them is waste. */
const MAX_CHILDREN = 128;
/** All shapes are forgotten when there are so many nodes, or so many keys had no place among them. */
const MAX_NODES = 8192;
const MAX_REFUSED = 16384;
/** Uses before a shape is worth compiling. */
const HOT = 16;

type WriteValue = (writer: Writer, value: unknown) => void;
type WriteProperties = (writer: Writer, object: Record<string, unknown>) => void;

const isOwn = Object.prototype.hasOwnProperty;

/** A property that is gone, because a getter before it removed it, is not copied. */
export function undefinedOrAbsent(writer: Writer, object: object, key: string): void {
  const present = isOwn.call(object, key);
  writer.tag(present ? Tag.UNDEFINED : Tag.ABSENT);
  if (!present) writer.referred = true; // see ReadShape.read
}

export class Shape {
  /** What names the shape in a message: tag, hash, size, count, keys. */
  readonly header: Uint8Array;
  readonly likeArguments: boolean;
  stamp = 0;
  number = 0;
  write: WriteProperties;
  private uses = 0;

  constructor(
    readonly keys: readonly string[],
    private readonly writeValue: WriteValue,
  ) {
    this.header = headerOf(keys);
    this.likeArguments = likeArguments(keys);
    this.write = this.writeSlowly;
  }

  private writeSlowly(writer: Writer, object: Record<string, unknown>): void {
    if (++this.uses === HOT) this.write = compile(this.keys, this.writeValue) ?? this.write;
    for (const key of this.keys) {
      const value = object[key];
      if (value === undefined) undefinedOrAbsent(writer, object, key);
      else this.writeValue(writer, value);
    }
  }
}

let headers: Writer | undefined;

function headerOf(keys: readonly string[]): Uint8Array {
  const writer = (headers ??= new Writer());
  writer.pos = 8;
  for (const key of keys) writer.string(key);
  let hash = 0x811c9dc5;
  for (let i = 8; i < writer.pos; i++) hash = Math.imul(hash ^ writer.bytes[i], 0x01000193);
  writer.bytes[0] = Tag.OBJECT;
  writer.view.setUint32(1, hash, true);
  writer.view.setUint16(5, writer.pos - 8, true);
  writer.bytes[7] = keys.length;
  return new Uint8Array(writer.bytes.subarray(0, writer.pos));
}

function compile(keys: readonly string[], writeValue: WriteValue): WriteProperties | undefined {
  const lines = keys.map((key) => {
    const name = JSON.stringify(key);
    return `v = o[${name}]; if (v === undefined) gone(w, o, ${name}); else value(w, v);`;
  });
  try {
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- built from keys only, each as a JSON string
    const make = new Function('value', 'gone', `return function write(w, o) { let v; ${lines.join(' ')} }`);
    return (make as (value: WriteValue, gone: typeof undefinedOrAbsent) => WriteProperties)(writeValue, undefinedOrAbsent);
  } catch {
    return undefined; // --disallow-code-generation-from-strings
  }
}

/** A tree of keys: the path from the root spells an object's keys. The last step is tried first. */
class Node {
  lastKey: string | undefined;
  lastChild: Node | undefined;
  readonly children = new Map<string, Node>();
  shape: Shape | undefined;

  constructor(
    readonly parent: Node | undefined,
    readonly key: string,
    readonly depth: number,
  ) {}

  keys(): string[] {
    const keys = new Array<string>(this.depth);
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    for (let node: Node = this; node.parent; node = node.parent) keys[node.depth - 1] = node.key;
    return keys;
  }
}

let root = new Node(undefined, '', 0);
let nodes = 0;
let refused = 0;

function forget(): void {
  nodes = refused = 0;
  root = new Node(undefined, '', 0);
}

function step(node: Node, key: string): Node | undefined {
  let child = node.children.get(key);
  if (child === undefined) {
    if (node.depth === MAX_KEYS || node.children.size === MAX_CHILDREN || key.length >= SHORT_STRING_LIMIT) {
      if (++refused > MAX_REFUSED) forget();
      return undefined;
    }
    if (++nodes > MAX_NODES) forget();
    child = new Node(node, key, node.depth + 1);
    node.children.set(key, child);
  }
  node.lastKey = key;
  node.lastChild = child;
  return child;
}

function shapeAt(node: Node, writeValue: WriteValue): Shape {
  return (node.shape ??= new Shape(node.keys(), writeValue));
}

/** The shape of an object that inherits no enumerable property; `undefined` where it is a dictionary. */
export function shapeOf(object: object, writeValue: WriteValue): Shape | undefined {
  let node: Node | undefined = root;
  // for-in over such an object uses the engine's own cache of keys; Object.keys would copy it.

  for (const key in object) {
    node = node.lastKey === key ? node.lastChild : step(node, key);
    if (node === undefined) return undefined;
  }
  return node.shape ?? shapeAt(node, writeValue);
}

export function shapeOfKeys(keys: readonly string[], writeValue: WriteValue): Shape | undefined {
  let node: Node | undefined = root;
  for (const key of keys) {
    node = node.lastKey === key ? node.lastChild : step(node, key);
    if (node === undefined) return undefined;
  }
  return node.shape ?? shapeAt(node, writeValue);
}

/** Names the shape in the message, or refers to where it was named before. */
export function writeShape(writer: Writer, shape: Shape): void {
  if (shape.stamp === writer.stamp) {
    writer.tagged(Tag.OBJECT_AGAIN, shape.number);
    return;
  }
  shape.stamp = writer.stamp;
  shape.number = writer.shapes++;
  const { header } = shape;
  const n = header.length;
  writer.ensure(n);
  const { bytes, pos } = writer;
  for (let i = 0; i < n; i++) bytes[pos + i] = header[i]!;
  writer.pos = pos + n;
}

/** An `arguments` object looks like a plain one whose keys are 0, 1, ... */
export function likeArguments(keys: readonly string[]): boolean {
  return keys.length === 0 || keys[0] === '0';
}
