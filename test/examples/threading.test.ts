import { count, CTIME, runExample } from './example';

describe('1.1, two threads of _thread', () => {
  it('lets each tell the time four times, the slower one to the end', async () => {
    const { lines, seconds } = await runExample('1.1', { speed: 5 });
    expect(lines).toHaveLength(8);
    expect(count(lines, `thread-1: ${CTIME}`)).toBe(4);
    expect(count(lines, `thread-2: ${CTIME}`)).toBe(4);
    expect(lines[7]).toMatch(/^thread-2/);
    expect(seconds).toBeGreaterThan((4 * 4) / 5);
  });
});

describe('1.2, threads and the end of the main thread', () => {
  it('ends after its four threads', async () => {
    const { lines, seconds } = await runExample('1.2', { speed: 2 });
    expect(lines[0]).toBe('main_thread end!');
    expect(lines.slice(1).sort()).toEqual(
      [0, 1, 2, 3].map((i) => `sub thread start! the thread name is: Thread-${i + 1} (action), the arg is: ${i}`),
    );
    expect(seconds).toBeGreaterThan(2 / 2);
  });

  it('does not wait for daemons', async () => {
    const { lines } = await runExample('1.2', { args: ['daemon'] });
    expect(lines).toEqual(['main_thread end!']);
  });
});

describe('1.3, a timer', () => {
  it('calls its function after five seconds, and main goes on meanwhile', async () => {
    const { lines, seconds } = await runExample('1.3', { speed: 5 });
    expect(lines).toEqual([
      expect.stringMatching(`^before the start: ${CTIME}$`),
      expect.stringMatching(`^after the start: ${CTIME}$`),
      expect.stringMatching(`^hello, world \\(${CTIME}\\)$`),
    ]);
    expect(seconds).toBeGreaterThan(5 / 5);
  });
});

describe('1.4, join', () => {
  it('waits for both daemon threads', async () => {
    const { lines, seconds } = await runExample('1.4', { speed: 10 });
    expect(lines).toHaveLength(12);
    expect(lines[0]).toBe('thread MainThread is running');
    expect(count(lines, `I'm coding Python: ${CTIME}`)).toBe(5);
    expect(count(lines, `I'm listening to music: ${CTIME}`)).toBe(5);
    expect(lines[11]).toBe('thread MainThread ended');
    expect(seconds).toBeGreaterThan((5 * 2) / 10);
  });
});
