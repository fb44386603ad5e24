/** Many forks in a row, from a parent whose heap is in motion; each child collects, waits and reads. */
import { runScript } from '../helpers/script';

if (process.platform === 'linux') {
  test('children of many forks come to their end', async () => {
    const { stdout, ...result } = await runScript(
      `
      const os = require('nogil/os');
      const fs = require('node:fs');
      const FORKS = 60;
      const AT_ONCE = 3;
      function churn() {
        let kept = [];
        let sum = 0;
        for (let i = 0; i < 2e5; i++) {
          kept.push({ i, text: 'x' + i, list: [i] });
          if (kept.length > 2e4) kept = kept.slice(1e4);
          sum = (sum * 31 + i) | 0;
        }
        return sum;
      }
      async function child(code, want) {
        const sum = churn();
        await new Promise((done) => setTimeout(done, 2));
        const file = __filename + '.' + process.pid;
        await fs.promises.writeFile(file, String(sum));
        const [text, { size }] = await Promise.all([fs.promises.readFile(file, 'utf8'), fs.promises.stat(file)]);
        await fs.promises.unlink(file);
        process.exitCode = Number(text) === want && size === text.length ? code : 99;
      }
      const running = new Map();
      let ended = 0;
      function reap() {
        const [pid, status] = os.wait();
        if (os.waitstatus_to_exitcode(status) !== running.get(pid)) console.log('child', running.get(pid), 'has status', status);
        running.delete(pid);
        ended++;
      }
      for (let i = 0; i < FORKS; i++) {
        const want = churn();
        const pid = os.fork();
        if (pid === 0) {
          child(i, want);
          return;
        }
        running.set(pid, i);
        if (running.size === AT_ONCE) reap();
      }
      while (running.size > 0) reap();
      console.log(ended);
    `,
      { type: 'commonjs', timeout: 150_000 },
    );
    expect({ stdout, ...result }).toMatchObject({ code: 0, stdout: '60\n', stderr: '', timedOut: false });
  }, 300_000);
} else {
  test('there is no fork', () => expect(process.platform).not.toBe('linux'));
}
