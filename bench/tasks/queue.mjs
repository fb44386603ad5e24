// Threads that put items into a queue, and threads that take them out. The first ones put.
import { kinds } from '../harness/items.mjs';
import { queuePeers } from '../peers/queues.mjs';

export default function make({ peer, shared, own, kind, pairs }, index) {
  const { open, moves } = queuePeers[peer];
  const putter = index < pairs;
  const end = open(shared, own, putter);
  const { make: shareable, makeOwn, weigh } = kinds[kind];
  return async ({ count }) => {
    const begin = process.hrtime.bigint();
    let sum = 0;
    if (putter) await end.putAll(moves ? makeOwn : shareable, index, count, pairs);
    else sum = await end.takeAll(weigh, count / pairs);
    return { begin, end: process.hrtime.bigint(), sum };
  };
}
