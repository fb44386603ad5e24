/** What of a sanitizer's log counts as a defect of the addon (scripts/sanitizer-reports.mjs). */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

interface Reports {
  raceReports(log: string): string[];
  addressReports(log: string): string[];
}

const reports = (): Promise<Reports> =>
  import(pathToFileURL(join(__dirname, '..', '..', 'scripts', 'sanitizer-reports.mjs')).href) as Promise<Reports>;

const RULE = '='.repeat(18);
const race = (...stacks: string[][]): string =>
  [
    RULE,
    'WARNING: ThreadSanitizer: data race (pid=1)',
    ...stacks.map((frames, i) =>
      [
        `  ${['Write of size 8', 'Previous read of size 8', 'Location is heap block of size 64'][i]} at 0x7b by thread T${i}:`,
        ...frames.map((frame, depth) => `    #${depth} ${frame}`),
        '',
      ].join('\n'),
    ),
    'SUMMARY: ThreadSanitizer: data race',
    RULE,
    '',
  ].join('\n');

const OURS = 'nogil::binding::setup ../native/binding/environment.cc:241 (nogil.node+0x39c76)';
const NODES = 'node::worker::MessagePort::PostMessage(int) <null> (node+0xd0f69a)';
const FREE = 'free ../../src/libsanitizer/tsan/tsan_interceptors_posix.cpp:706 (libtsan.so+0x47e82)';

test.each<[string, string[][], number]>([
  ['both accesses by the addon', [[OURS, NODES], [OURS]], 1],
  ['through what the sanitizer stands in for', [[FREE, OURS], [OURS]], 1],
  ['one by the addon for Node', [[FREE, NODES, OURS], [OURS]], 0],
  ['one by Node', [[OURS], [NODES, OURS]], 0],
  ['an allocation by the addon says nothing', [[NODES], [OURS], [OURS]], 0],
  ['one stack is lost', [[OURS]], 0],
])('a race: %s', async (_, stacks, count) => {
  expect((await reports()).raceReports(race(...stacks))).toHaveLength(count);
});

test('memory that processes share is left out', async () => {
  const shared = "  Location is global '<null>' at 0x000000000000 (memfd:nogil (deleted)+0x2400010)\n";
  expect((await reports()).raceReports(race([OURS], [OURS]).replace('SUMMARY', `${shared}\nSUMMARY`))).toEqual([]);
});

test('races of one log are counted one by one', async () => {
  const { raceReports } = await reports();
  expect(raceReports(race([OURS], [OURS]) + race([NODES], [NODES]) + race([FREE, OURS], [OURS]))).toHaveLength(2);
  expect(raceReports('')).toEqual([]);
});

test('bad accesses and undefined behaviour count, warnings do not', async () => {
  const { addressReports } = await reports();
  expect(addressReports('==1==ERROR: AddressSanitizer: heap-use-after-free on address 0x7b\n')).toHaveLength(1);
  expect(addressReports('native/queue/queue.h:1:2: runtime error: shift exponent 64 is too large\n')).toHaveLength(1);
  expect(addressReports('==1==WARNING: ASan is ignoring requested __asan_handle_no_return\n')).toEqual([]);
});
