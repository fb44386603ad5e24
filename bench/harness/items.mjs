// What is put into queues. Item `i` is made from its number, and weighs what only the whole item can tell:
// the sum of the weights of all that was received shows whether it is what was sent. bench/peers/queues.py
// does the same.

const TABLE = 16;

const texts = Array.from({ length: TABLE }, (_, i) => `order ${10 + i}`);

function bytes(size) {
  const fill = (block, i) => {
    block[0] = i;
    block[size - 1] = 2 * i;
    return block;
  };
  let table;
  return {
    // The same few are sent again and again: making them is not the queue's work.
    make: (i) => (table ??= Array.from({ length: TABLE }, (_, at) => fill(new Uint8Array(size), at)))[i % TABLE],
    // For those that move a block instead of copying it, and need a new one each time.
    makeOwn: (i) => fill(new Uint8Array(size), i % TABLE),
    weigh: (item) => item[0] + item[size - 1] + (item.length - size),
  };
}

export const kinds = {
  number: { make: (i) => i, weigh: (item) => item },
  text: { make: (i) => texts[i % TABLE], weigh: (item) => item.charCodeAt(6) * 10 + item.charCodeAt(7) },
  object: { make: (i) => ({ id: i, name: 'a small object', ok: true }), weigh: (item) => item.id + item.name.length },
  '64 KiB': bytes(64 << 10),
  '1 MiB': bytes(1 << 20),
};

/** What items 0 to `count` - 1 weigh together. */
export function weightOf(kind, count) {
  const { make, weigh } = kinds[kind];
  let sum = 0;
  for (let i = 0; i < count; i++) sum += weigh(make(i));
  return sum;
}
