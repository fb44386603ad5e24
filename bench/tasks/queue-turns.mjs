// Two threads that send one item to and fro through two queues.
import { queuePeers } from '../peers/queues.mjs';

export default function make({ peer, shared: [there, back], own }, index) {
  const { open } = queuePeers[peer];
  const [mine, other] = index === 0 ? [there, back] : [back, there];
  const out = open(mine, own?.out, true);
  const into = open(other, own?.into, false);
  return async ({ turns }) => {
    const start = performance.now();
    let sum = 0;
    for (let i = 0; i < turns / 2; i++) {
      if (index === 0) out.put(i);
      // Only what is a promise is awaited: a turn through the event loop would cost more than the queue.
      let item = into.get();
      if (typeof item === 'object') item = await item;
      sum += item;
      if (index === 1) out.put(item);
    }
    return { ms: performance.now() - start, sum };
  };
}
