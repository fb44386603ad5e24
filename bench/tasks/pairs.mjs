// Nanoseconds of one uncontended acquire + release.
import { lockPeers } from '../peers/locks.mjs';

export default async function make({ peer, shared }) {
  const lock = lockPeers[peer].open(shared);
  const time = async (n) => {
    const start = performance.now();
    await lock.pairs(n);
    return ((performance.now() - start) * 1e6) / n;
  };
  return async ({ ms }) => {
    // As many as fill the time, found by doubling; the last is the one that counts.
    for (let n = 100; ; n *= 2) {
      const ns = await time(n);
      if (ns * n >= ms * 1e6) return ns;
    }
  };
}
