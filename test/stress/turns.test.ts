/** Two threads set, wait for and clear each other's events as fast as they can. */
import { Event } from 'nogil/threading';
import { starter, terminatePeers } from '../helpers/peers';

const start = starter('Thread', __filename);
const TURNS = 30_000;

afterAll(terminatePeers);

it('a wait is ended by no set that was before the flag was cleared', () => {
  const events = [new Event(), new Event()];
  const sets = new Int32Array(new SharedArrayBuffer(8));
  const players = [0, 1].map((index) =>
    start(
      (index: number, events: Event[], sets: Int32Array, turns: number) => {
        const give = (): void => {
          Atomics.add(sets, 1 - index, 1);
          events[1 - index].set();
        };
        for (let turn = 1; turn <= turns; turn++) {
          if (index === 0) give();
          events[index].wait();
          if (Atomics.load(sets, index) !== turn) return `turn ${turn} came after ${Atomics.load(sets, index)} sets`;
          events[index].clear();
          if (index === 1) give();
        }
        return 'all';
      },
      index,
      events,
      sets,
      TURNS,
    ),
  );
  for (const player of players) expect(player.result(60_000)).toBe('all');
}, 300_000);
