/** docs/porting-from-python.md has every name of Python's, and what it says of each is so. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as nogil from 'nogil';
// Of CPython 3.11's `__all__` and `dir()`, with what 3.12 to 3.14 added.
import names from './python_names.json';

const page = readFileSync(join(__dirname, '..', '..', 'docs', 'porting-from-python.md'), 'utf8');

const { threading, queue, futures, multiprocessing, _thread } = nogil;
const { pool, managers, connection, shared_memory } = multiprocessing;

/** For each Python module: the page's section, and the object with the same names here. */
const MODULES: Record<keyof typeof names.modules, [section: string, here: object]> = {
  threading: ['threading', threading],
  queue: ['queue', queue],
  'concurrent.futures': ['concurrent.futures', futures],
  multiprocessing: ['multiprocessing', multiprocessing],
  'multiprocessing.pool': ['multiprocessing', pool],
  'multiprocessing.managers': ['multiprocessing', managers],
  'multiprocessing.connection': ['multiprocessing', connection],
  'multiprocessing.shared_memory': ['multiprocessing', shared_memory],
  _thread: ['_thread', _thread],
};

type Class = abstract new (...args: never) => object;

const CLASSES: Record<keyof typeof names.classes, [section: string, here: Class]> = {
  'threading.Thread': ['threading', threading.Thread],
  'threading.Lock': ['threading', threading.Lock],
  'threading.RLock': ['threading', threading.RLock],
  'threading.Condition': ['threading', threading.Condition],
  'threading.Event': ['threading', threading.Event],
  'threading.Semaphore': ['threading', threading.Semaphore],
  'threading.Barrier': ['threading', threading.Barrier],
  'threading.Timer': ['threading', threading.Timer],
  'queue.Queue': ['queue', queue.Queue],
  'concurrent.futures.Future': ['concurrent.futures', futures.Future],
  'concurrent.futures.ThreadPoolExecutor': ['concurrent.futures', futures.ThreadPoolExecutor],
  'concurrent.futures.ProcessPoolExecutor': ['concurrent.futures', futures.ProcessPoolExecutor],
  'multiprocessing.Process': ['multiprocessing', multiprocessing.Process],
  'multiprocessing.Pool': ['multiprocessing', multiprocessing.Pool],
  'multiprocessing.pool.AsyncResult': ['multiprocessing', multiprocessing.AsyncResult],
  'multiprocessing.connection.Connection': ['multiprocessing', connection.Connection],
  'multiprocessing.managers.SyncManager': ['multiprocessing', multiprocessing.SyncManager],
  'multiprocessing.shared_memory.SharedMemory': ['multiprocessing', shared_memory.SharedMemory],
  'multiprocessing.shared_memory.ShareableList': ['multiprocessing', shared_memory.ShareableList],
};

/** What a section says of each name in its first columns: `absent`, or anything else. */
function saidIn(section: string): Map<string, Set<'here' | 'absent'>> {
  const heading = [...page.matchAll(/^## (.*)$/gm)].find((match) => match[1].split(', ').includes(section));
  if (!heading) throw new Error(`no section of the page is about ${section}`);
  const text = page.slice(heading.index + heading[0].length).split(/^## /m)[0];
  const said = new Map<string, Set<'here' | 'absent'>>();
  for (const [, python, here] of text.matchAll(/^\| (.*?) \| (.*) \|$/gm)) {
    for (const span of python.matchAll(/`([^`]+)`/g)) {
      for (const name of span[1].match(/\w+/g) ?? []) {
        said.set(name, (said.get(name) ?? new Set()).add(here.startsWith('absent') ? 'absent' : 'here'));
      }
    }
  }
  return said;
}

/** The names that the page leaves out, or says something of that is not so. */
function wrong(section: string, expected: readonly string[], isHere: (name: string) => boolean): string[] {
  const said = saidIn(section);
  return expected.flatMap((name) => {
    const words = said.get(name);
    if (!words) return [`${name} is left out`];
    const truth = isHere(name) ? 'here' : 'absent';
    return words.has(truth) ? [] : [`${name} is ${truth}`];
  });
}

describe('porting from Python', () => {
  it.each(Object.entries(MODULES))('says what is so of every name of %s', (module, [section, here]) => {
    const expected = names.modules[module as keyof typeof names.modules];
    expect(expected.length).toBeGreaterThan(1);
    expect(wrong(section, expected, (name) => name in here)).toEqual([]);
  });

  it.each(Object.entries(CLASSES))('says what is so of every member of %s', (name, [section, here]) => {
    const expected = names.classes[name as keyof typeof names.classes];
    expect(expected.length).toBeGreaterThan(1);
    expect(wrong(section, expected, (member) => member in here.prototype || member in here)).toEqual([]);
  });
});
