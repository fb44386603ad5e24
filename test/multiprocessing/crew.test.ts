/** How many workers tasks have: what no test can time from outside is played here, call by call, in one process. */
import 'nogil/multiprocessing';
import { Queue } from 'nogil/queue';
import { Future } from 'nogil/concurrent/futures';
import { encode } from '../../dist/internal/codec';
import { native, START } from '../../dist/internal/native';
import { CrewCell } from '../../dist/internal/process/crew_cell';

const MAX = 2;
const TRY_ONLY = 0;
const GRANTED = 2;
const DONE = 2;
const scratch = new Uint8Array(4096 + 4);
const futureCell = new Uint32Array(scratch.buffer, 4096, 1);

// A queue's first use gives the thread hands to hold what was granted to it.
new Queue().put(1);

const futureOf = (cell: number): Future => (Future as unknown as { _of(cell: number): Future })._of(cell);

let crew: CrewCell;
beforeEach(() => (crew = CrewCell.make(2 * MAX)));

/** @returns the place of the worker that the submission asks for; -1: none */
function submit(): number {
  const bytes = encode(['task']);
  const answer = native.crewSubmit(crew.cell, bytes, bytes.length, MAX);
  expect(futureOf(answer % START).done()).toBe(false);
  return Math.floor(answer / START) - 1;
}

function settle(place: number): boolean {
  return native.crewSettle(crew.cell, place, futureCell[0], DONE, 1, 0);
}

function worker(): number {
  const place = submit();
  expect(native.crewEnter(crew.cell, place)).toBe(true);
  return place;
}

test('a worker to which a task is granted, and that has not heard of it, has no hands free', () => {
  const place = worker();
  expect(native.crewNextAsync(crew.cell)).toBe(0);
  expect(submit()).toBe(1);
  expect(native.crewNext(crew.cell, place, GRANTED, scratch)).toBeGreaterThan(0);
  expect(native.crewLoad(crew.cell)).toBe(2);
  expect(settle(place)).toBe(true);
  expect(native.crewLoad(crew.cell)).toBe(1);
});

test('one that is done has', () => {
  const place = worker();
  expect(native.crewNext(crew.cell, place, TRY_ONLY, scratch)).toBeGreaterThan(0);
  expect(settle(place)).toBe(true);
  expect(submit()).toBe(-1);
});

test('one that has not come up yet has; there are never more than there may be', () => {
  expect(submit()).toBe(0);
  expect(submit()).toBe(1);
  expect(submit()).toBe(-1);
  expect(native.crewLoad(crew.cell)).toBe(3);
  expect(native.crewPlace(crew.cell, MAX, false)).toBe(-1);
});

test('the task of a worker that died, or was killed for it, is no task any more', () => {
  const first = worker();
  expect(native.crewNext(crew.cell, first, TRY_ONLY, scratch)).toBeGreaterThan(0);
  expect(submit()).toBe(1);
  expect(native.crewEnter(crew.cell, 1)).toBe(true);
  expect(native.crewStop(crew.cell, futureCell[0])).toBe(first);
  expect(settle(first)).toBe(false);
  native.crewVacate(crew.cell, first);
  expect(native.crewLoad(crew.cell)).toBe(1);
  expect(native.crewNext(crew.cell, 1, TRY_ONLY, scratch)).toBeGreaterThan(0);
  native.crewVacate(crew.cell, 1);
  expect(native.crewLoad(crew.cell)).toBe(0);
});

test('a cancelled task is one until a worker has passed it over', () => {
  const bytes = encode(['task']);
  const answer = native.crewSubmit(crew.cell, bytes, bytes.length, MAX);
  expect(futureOf(answer % START).cancel()).toBe(true);
  expect(native.crewEnter(crew.cell, 0)).toBe(true);
  expect(native.crewLoad(crew.cell)).toBe(1);
  expect(native.crewNext(crew.cell, 0, TRY_ONLY, scratch)).toBe(-1);
  expect(native.crewLoad(crew.cell)).toBe(0);
});

test('a worker is in nobody’s place where no task waits for one', () => {
  const place = worker();
  expect(native.crewNextAsync(crew.cell)).toBe(0);
  // It dies with the task in its hands, which stays counted.
  native.crewVacate(crew.cell, place);
  expect(native.crewPlace(crew.cell, MAX, false)).toBe(-1);
});

test('none is left after a shutdown that cancels, and none is counted that came after it', () => {
  submit();
  submit();
  native.crewShutDown(crew.cell, true);
  expect(native.crewLoad(crew.cell)).toBe(0);
  const bytes = encode(['task']);
  expect(native.crewSubmit(crew.cell, bytes, bytes.length, MAX)).toBe(-1);
  expect(native.crewLoad(crew.cell)).toBe(0);
});
