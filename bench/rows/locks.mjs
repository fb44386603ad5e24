// A lock that nobody else wants: acquire + release.
import { Crew, crewPeer } from '../harness/crew.mjs';
import { pythonPeer } from '../harness/programs.mjs';
import { lockPeers } from '../peers/locks.mjs';

export const title = 'Lock pair, uncontended';

export function rows(options) {
  const ms = options.quick ? 5 : 40;
  const competitor = (peer, folder = options.library, name = peer) => {
    const { absent, create } = lockPeers[peer];
    if (absent) return { name, absent };
    return crewPeer(
      name,
      () => Crew.open('pairs', 1, { peer, shared: create(folder) }),
      async (crew) => (await crew.run({ ms }))[0],
    );
  };
  const row = (subject, python, others, goals) => ({
    title: `${subject.replace('nogil ', '')}: acquire + release`,
    unit: 'ns',
    better: 'lower',
    subject,
    goals: [{ than: 'raw Atomics pair', ratio: 1.15, slower: true }, ...goals],
    open() {
      const all = [competitor(subject)];
      if (options.against) all.push(competitor(subject, options.against, 'other build'));
      for (const peer of ['raw Atomics pair', ...others]) all.push(competitor(peer));
      return [...all, pythonPeer('locks.py', [python, ms])];
    },
  });
  return [
    row(
      'nogil Lock',
      'Lock',
      ['JS mutex', 'multithreading', 'multithreading, async', 'Web Locks'],
      [
        { than: 'CPython', ratio: 2 },
        { than: 'multithreading', ratio: 100 },
        { than: 'multithreading, async', ratio: 100 },
        { than: 'Web Locks', ratio: 100 },
      ],
    ),
    row(
      'nogil RLock',
      'RLock',
      ['JS mutex, recursive'],
      [
        { than: 'JS mutex, recursive', ratio: 1.15, slower: true },
        { than: 'CPython', ratio: 2 },
      ],
    ),
    row(
      'nogil Semaphore',
      'Semaphore',
      ['JS semaphore'],
      [
        { than: 'JS semaphore', ratio: 1.15, slower: true },
        { than: 'CPython', ratio: 2 },
      ],
    ),
  ];
}
