/** Numbers that lib/ and native/ both need: each has its own, and they have to be the same. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import 'nogil/threading';
import * as states from '../../dist/concurrent/futures/states';
import * as cell from '../../dist/internal/cell';
import * as native from '../../dist/internal/native';
import * as mutex from '../../dist/threading/mutex';

type Numbers = Record<string, number>;

const source = (file: string): string => readFileSync(join(__dirname, '..', '..', 'native', file), 'utf8');

/** A constant, as `constexpr` defines it: a number, or one shifted. */
function constant(file: string, name: string): number {
  const found = new RegExp(`constexpr \\w+ ${name} = (\\w+?)u?(?: << (\\d+))?;`).exec(source(file));
  if (!found) throw new Error(`native/${file} has no ${name}`);
  const [, number, shift = '0'] = found;
  return Number(number) * 2 ** Number(shift);
}

/** The numbers of an enum, by their names without the `k`. */
function numbersOf(file: string, name: string): Numbers {
  const body = new RegExp(`enum (?:class )?${name} : \\w+ \\{([^}]*)\\}`).exec(source(file));
  if (!body) throw new Error(`native/${file} has no ${name}`);
  return Object.fromEntries([...body[1].matchAll(/\bk(\w+) = (\d+)/g)].map(([, key, number]) => [key, Number(number)]));
}

/** Ours, by the names of theirs. */
const capitalised = (ours: Numbers): Numbers =>
  Object.fromEntries(Object.entries(ours).map(([key, number]) => [key[0].toUpperCase() + key.slice(1), number]));

describe('lib/ and native/ agree', () => {
  it('where the words of a cell are', () => {
    const [, body] = /struct alignas\(64\) Cell \{([^}]*)\}/.exec(source('memory/cell.h'))!;
    const at: Numbers = {};
    let words = 0;
    for (const [, bits, name, count = '1'] of body.matchAll(/uint(32|64)_t>? (\w+)(?:\[(\d+)\])?;/g)) {
      at[name] = words;
      words += (Number(bits) / 32) * Number(count);
    }
    const { STATE, AUX, WAITERS, LEARNT, DATA, DIED } = cell;
    expect(at).toMatchObject({ state: STATE, aux: AUX, waiters: WAITERS, spin: LEARNT, data: DATA, died: DIED });
    expect(words).toBe(cell.CELL_WORDS);
    expect(constant('memory/arena.h', 'kCellsPerChunk')).toBe(cell.CELLS_PER_CHUNK);
    expect(constant('memory/cell.h', 'kSharedArenaBit')).toBe(native.SHARED_ARENA);
  });

  it('what a cell can be', () => {
    const { Free, Internal, ...known } = numbersOf('memory/cell.h', 'CellClass');
    expect(known).toEqual(cell.CellClass);
    for (const other of [Free, Internal]) expect(Object.values(cell.CellClass)).not.toContain(other);
  });

  it('what the state of a lock says', () => {
    expect(constant('sync/mutex.h', 'kWaiting') | 0).toBe(cell.WAITING);
    expect(constant('sync/rw_lock.h', 'kWriter')).toBe(cell.WRITER);
    expect(constant('memory/thread_table.h', 'kAbandoned')).toBe(cell.ABANDONED);
  });

  it('what a lock has learnt', () => {
    expect(constant('park/hold_off.h', 'kShift')).toBe(mutex.FOUND_FREE_SHIFT);
    expect(constant('park/hold_off.h', 'kRare')).toBe(mutex.MOSTLY_FREE);
  });

  it.each([
    ['sync/future.h', 'FutureState', states.State],
    ['binding/process_cells.cc', 'ProcessFlags', cell.ProcessFlag],
  ])('%s: %s', (file, name, ours) => {
    expect(numbersOf(file, name)).toEqual(capitalised(ours));
  });

  it('the flags of a thread', () => {
    // One is JavaScript's alone, two are C++'s.
    const { reported, main: MainThread, ...ours } = cell.ThreadFlag;
    const { Doomed, Claimed, ...theirs } = numbersOf('binding/threads.h', 'ThreadFlags');
    expect(theirs).toEqual({ ...capitalised(ours), MainThread });
    expect(Object.values(theirs)).not.toContain(reported);
    for (const flag of [Doomed, Claimed]) expect(Object.values(cell.ThreadFlag)).not.toContain(flag);
  });

  it('which functions there are', () => {
    const texts = (folder: string, ending: string): string[] =>
      readdirSync(join(__dirname, '..', '..', folder))
        .filter((file) => file.endsWith(ending))
        .map((file) => readFileSync(join(__dirname, '..', '..', folder, file), 'utf8'));
    const all = (sources: string[], name: RegExp): string[] =>
      sources.flatMap((text) => [...text.matchAll(name)].map((found) => found[1])).sort();
    const theirs = all(texts('native/binding', '.cc'), /\bdefine\("(\w+)", /g);
    expect(new Set(theirs).size).toBe(theirs.length);
    expect(all(texts('lib/internal/addon', '.ts'), /^ {2}(\w+)[(<]/gm)).toEqual(theirs);
    for (const name of theirs) expect([name, typeof native.native[name as 'setup']]).toEqual([name, 'function']);
  });

  it('what calls answer', () => {
    const answers = Object.entries(capitalised(native.Answer)).map(([key, number]) => [`${key}Answer`, number]);
    expect(numbersOf('binding/sync.cc', 'Answer')).toEqual(Object.fromEntries(answers));
    const { again: Try, ...outcomes } = native.Outcome;
    expect(numbersOf('park/waiter.h', 'WaiterOutcome')).toEqual({ Try, ...capitalised(outcomes) });
    expect(numbersOf('binding/crew.h', 'PlaceState')).toEqual({ Vacant: 0, ...capitalised(native.PlaceState) });
  });

  it.each(Object.entries(capitalised(native.ForkRefusal)))('why there was no fork: %s', (name, number) => {
    expect(source('platform/fork.h')).toContain(`kFork${name} = ${number};`);
  });
});
