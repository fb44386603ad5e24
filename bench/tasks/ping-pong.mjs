// Nanoseconds of one hand-over between two threads.
import { turnPeers } from '../peers/turns.mjs';

export default function make({ peer, shared }, index) {
  const { give, take } = turnPeers[peer].open(shared, index);
  return ({ turns }) => {
    const rounds = turns >> 1;
    const start = performance.now();
    for (let i = 0; i < rounds; i++) {
      if (index === 0) {
        give();
        take();
      } else {
        take();
        give();
      }
    }
    return ((performance.now() - start) * 1e6) / (rounds * 2);
  };
}
