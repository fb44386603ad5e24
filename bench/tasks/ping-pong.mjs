// Nanoseconds of one hand-over between two threads. A tenth as many go before, unmeasured: two threads that
// have just come up hand over at another pace than two that are at it.
import { turnPeers } from '../peers/turns.mjs';

export default function make({ peer, shared }, index) {
  const { give, take } = turnPeers[peer].open(shared, index);
  const exchange = (rounds) => {
    for (let i = 0; i < rounds; i++) {
      if (index === 0) {
        give();
        take();
      } else {
        take();
        give();
      }
    }
  };
  return ({ turns }) => {
    const rounds = turns >> 1;
    exchange(Math.floor(rounds / 10));
    const start = performance.now();
    exchange(rounds);
    return ((performance.now() - start) * 1e6) / (rounds * 2);
  };
}
