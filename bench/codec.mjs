// The value codec beside v8.serialize, structuredClone and msgpackr: one encode and one decode of the
// same value. Prints microseconds a pair, and how many times as long as the codec the others take.
//
//   node bench/codec.mjs [folder with the built library]
//
// msgpackr (structured clone mode) takes part where it is installed; it is no dependency.
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import * as v8 from 'node:v8';

const require = createRequire(import.meta.url);
const dist = resolve(process.argv[2] ?? join(import.meta.dirname ?? '.', '..', 'dist'));
const { encode, decode } = require(join(dist, 'internal', 'codec'));

const small = () => ({ id: 1, name: 'abc', ok: true });
const values = {
  'number 42': 42,
  'number 1.5': 1.5,
  true: true,
  "string 'abc'": 'abc',
  'string of 40': 'The quick brown fox jumps over the dogs.',
  'string of 1000': 'abcdefghij'.repeat(100),
  'string of 1000, 2 bytes': 'äöü€xyz123'.repeat(100),
  '{ id, name, ok }': small(),
  'nested object': { user: { id: 123456, name: 'Grace', tags: ['a', 'b'] }, at: 1700000000.5, ok: false, note: null },
  '[1, 2, 3, 4]': [1, 2, 3, 4],
  '100 integers': Array.from({ length: 100 }, (_, i) => i * 7),
  '1000 floats': Array.from({ length: 1000 }, (_, i) => i / 3),
  '100 small objects': Array.from({ length: 100 }, (_, i) => ({ ...small(), id: i })),
  'Map of 20': new Map(Array.from({ length: 20 }, (_, i) => [`key${i}`, i])),
  Date: new Date(0),
  'Uint8Array of 1 KiB': new Uint8Array(1024).fill(7),
  'Uint8Array of 1 MiB': new Uint8Array(1 << 20).fill(7),
  Error: new RangeError('no'),
};

const codecs = {
  codec: (value) => decode(encode(value)),
  'v8.serialize': (value) => v8.deserialize(v8.serialize(value)),
  structuredClone,
};
try {
  const { Packr } = require('msgpackr');
  const packr = new Packr({ structuredClone: true, moreTypes: true });
  codecs.msgpackr = (value) => packr.unpack(packr.pack(value));
} catch {
  // Not installed.
}

/** The best of several runs, as other work on the machine only ever makes a run slower. */
function microseconds(work, value) {
  let rounds = 1;
  let best = Infinity;
  for (let run = 0; run < 7;) {
    const start = process.hrtime.bigint();
    for (let i = 0; i < rounds; i++) work(value);
    const elapsed = Number(process.hrtime.bigint() - start) / 1000;
    if (elapsed < 20_000) rounds *= 2;
    else run++;
    if (elapsed >= 20_000) best = Math.min(best, elapsed / rounds);
  }
  return best;
}

const names = Object.keys(codecs);
console.log(''.padEnd(26), names.map((name) => name.padStart(22)).join(''));
for (const [title, value] of Object.entries(values)) {
  const own = microseconds(codecs.codec, value);
  const cells = names.map((name) => {
    const time = name === 'codec' ? own : microseconds(codecs[name], value);
    const ratio = name === 'codec' ? '' : ` (${(time / own).toFixed(1)}x)`;
    return `${time.toFixed(time < 10 ? 3 : 0)}${ratio}`.padStart(22);
  });
  console.log(title.padEnd(26), cells.join(''));
}
