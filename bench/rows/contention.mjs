// One lock that 2 and 4 threads take as fast as they can, with short and long sections, and with work
// of different lengths between them.
import { Crew, crewPeer } from '../harness/crew.mjs';
import { floorPeer, pythonPeer } from '../harness/programs.mjs';
import { fairness } from '../harness/statistics.mjs';
import { calibrate } from '../harness/work.mjs';
import { lockPeers } from '../peers/locks.mjs';

export const title = 'Lock, contended';

const mixes = [
  { threads: 2, section: 0, outside: 0 },
  { threads: 2, section: 0, outside: 0.2 },
  { threads: 2, section: 0, outside: 2 },
  { threads: 2, section: 1, outside: 0 },
  { threads: 2, section: 1, outside: 1 },
  { threads: 2, section: 1, outside: 4 },
  { threads: 4, section: 0, outside: 0 },
  { threads: 4, section: 0, outside: 0.2 },
  { threads: 4, section: 0, outside: 2 },
  { threads: 4, section: 1, outside: 0 },
  { threads: 4, section: 1, outside: 1 },
  { threads: 4, section: 1, outside: 4 },
];

export function rows(options) {
  const ms = options.quick ? 20 : 100;
  const stepsPerMicrosecond = calibrate();
  // Those of equal lengths show that each runs.
  const chosen = options.quick ? mixes.filter(({ section, outside }) => section === outside) : mixes;
  return chosen.map(({ threads, section, outside }) => {
    const steps = [section, outside].map((microseconds) => Math.round(microseconds * stepsPerMicrosecond));
    const competitor = (peer, folder = options.library, name = peer) =>
      contender(name, peer, folder, threads, steps, ms, options.longest);
    return {
      title: `${threads} threads, section ${section ? `${section} µs` : '1 add'}, outside ${outside ? `${outside} µs` : 'nothing'}`,
      unit: 'pairs/s',
      better: 'higher',
      subject: 'nogil Lock',
      goals: [
        { than: 'JS mutex', ratio: 1.5 },
        { than: 'JS mutex, spinning', ratio: 1 },
        { than: 'CPython', ratio: 1.5 },
      ],
      open() {
        const all = [competitor('nogil Lock')];
        if (options.against) all.push(competitor('nogil Lock', options.against, 'other build'));
        for (const peer of ['JS mutex', 'JS mutex, spinning', 'nogil RLock', 'multithreading', 'Web Locks'])
          all.push(competitor(peer));
        return [
          ...all,
          pythonPeer('contention.py', [threads, ms, section * 1000, outside * 1000], (out) => out),
          floorPeer('C++ futex mutex', 'mutex', [threads, ms, ...steps], (out) => out),
        ];
      },
    };
  });
}

function contender(name, peer, folder, threads, [section, outside], ms, longest) {
  const { absent, create } = lockPeers[peer];
  if (absent) return { name, absent };
  // The counters stand on a cache line that the lock does not share.
  const data = new Float64Array(new SharedArrayBuffer(128));
  return crewPeer(
    name,
    () => Crew.open('contend', threads, { peer, shared: create(folder), data, section, outside }),
    async (crew) => {
      data[0] = 0;
      const shares = await crew.run({}, ms, longest);
      const ops = shares.reduce((sum, share) => sum + share.ops, 0);
      if (data[0] !== ops) throw new Error(`${name}: ${ops} sections counted to ${data[0]}: the lock let two in at once`);
      return {
        value: shares.reduce((sum, share) => sum + (share.ops / share.ms) * 1000, 0),
        fairness: fairness(shares.map((share) => share.ops)),
      };
    },
  );
}
