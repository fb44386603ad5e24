// Two threads that hand a turn to each other: how long a wake-up takes.
import { Crew, crewPeer } from '../harness/crew.mjs';
import { floorProgram, pythonProgram } from '../harness/programs.mjs';
import { nanoseconds, sized } from '../harness/sized.mjs';
import { turnPeers } from '../peers/turns.mjs';

export const title = 'Hand-over between two threads';

// The longest spin of native/park/spin.h: the floor gets the same.
const SPIN_NS = 50000;

export function rows(options) {
  // `run(turns)` gives the nanoseconds of one. Each competitor takes as many as fill the time.
  const timed = (run) =>
    sized(async (turns, crew) => ((await run(turns, crew)) * turns) / 1e6, {
      ms: options.quick ? 15 : 200,
      first: 500,
      most: 4e6,
      step: 2,
      value: nanoseconds,
    });
  const competitor = (peer, folder, name) =>
    crewPeer(
      name,
      () => Crew.open('ping-pong', 2, { peer, shared: turnPeers[peer].create(folder) }),
      timed(async (turns, crew) => (await crew.run({ turns }, undefined, options.longest))[0]),
    );
  const program = (name, { absent, build, run }, args) =>
    absent ? { name, absent } : { name, start: build, measure: timed(async (turns) => (await run(args(turns))).value) };
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
        program('CPython', pythonProgram('ping_pong.py'), (turns) => [kind, turns]),
        program('C++ futex, spinning', floorProgram('ping_pong'), (turns) => [turns, SPIN_NS]),
        program('C++ futex, sleeping', floorProgram('ping_pong'), (turns) => [turns, 0]),
      ];
    },
  }));
}
