// Two threads that hand a turn to each other: how long a wake-up takes.
import { Crew, crewPeer } from '../harness/crew.mjs';
import { floorPeer, pythonPeer } from '../harness/programs.mjs';
import { turnPeers } from '../peers/turns.mjs';

export const title = 'Hand-over between two threads';

// The longest spin of native/park/spin.h: the floor gets the same.
const SPIN_NS = 50000;

export function rows(options) {
  const turns = options.quick ? 2000 : 20000;
  const competitor = (peer, folder, name) => {
    const slow = peer.startsWith('Atomics');
    return crewPeer(
      name,
      () => Crew.open('ping-pong', 2, { peer, shared: turnPeers[peer].create(folder) }),
      async (crew) => (await crew.run({ turns: slow ? turns / 5 : turns }, undefined, options.longest))[0],
    );
  };
  return ['Semaphore', 'Event', 'Condition'].map((kind) => ({
    title: `ping-pong by ${kind}`,
    unit: 'ns',
    better: 'lower',
    subject: `nogil ${kind}`,
    goals: [
      { than: 'Atomics.wait/notify', ratio: 10 },
      { than: 'CPython', ratio: 10 },
      { than: 'C++ futex, spinning', ratio: 1.5, slower: true },
    ],
    open() {
      const all = [competitor(kind, options.library, `nogil ${kind}`)];
      if (options.against) all.push(competitor(kind, options.against, 'other build'));
      return [
        ...all,
        competitor('Atomics.wait/notify', undefined, 'Atomics.wait/notify'),
        pythonPeer('ping_pong.py', [kind, turns / 5]),
        floorPeer('C++ futex, spinning', 'ping_pong', [turns, SPIN_NS]),
        floorPeer('C++ futex, sleeping', 'ping_pong', [turns / 5, 0]),
      ];
    },
  }));
}
