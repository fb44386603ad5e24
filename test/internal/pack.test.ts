/** The library's modules as new workers get them (lib/internal/worker/pack.ts). */
import 'nogil/threading';
import { collect, keepCode } from '../../dist/internal/worker/pack';

test('compiled code is filled in once: workers read it where it lies', () => {
  const pack = collect();
  const code = pack.files.map((_, i) => new Uint8Array(20 + i).fill(i + 1));
  keepCode(pack, code);
  const kept = [pack.code.slice(), pack.places.slice()];
  expect(kept[0].slice(0, 20)).toEqual(code[0]);
  keepCode(
    pack,
    code.map(({ length }) => new Uint8Array(length + 8).fill(255)),
  );
  expect([pack.code, pack.places]).toEqual(kept);
});
