/** get_logger, log_to_stderr, set_executable, Process.interrupt. */
import { runScript } from '../helpers/script';

const child = `
  const { get_logger, log_to_stderr, Process, set_executable } = require('nogil/multiprocessing');
  const start = (options) => {
    const made = new Process(options);
    made.start();
    made.join();
    return made;
  };`;

test('the logger, here and in a child', async () => {
  const { stderr, code } = await runScript(`${child}
    const logger = get_logger();
    logger.info('unheard');
    logger.warning('plain');
    if (log_to_stderr('INFO') !== logger || logger.getEffectiveLevel() !== 20 || logger.isEnabledFor('DEBUG')) throw new Error();
    logger.info('heard');
    logger.log(30, 'numbered');
    logger.debug('unheard');
    start({ name: 'Zed', target: () => { require('nogil/multiprocessing').get_logger().error('from there') } });
    logger.setLevel(40);
    start({ name: 'Quiet', target: () => {} });`);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: `plain
[INFO/MainProcess] heard
[WARNING/MainProcess] numbered
[INFO/Zed] child process calling self.run()
[ERROR/Zed] from there
[INFO/Zed] process shutting down
[INFO/Zed] process exiting with exitcode 0
`,
  });
});

test('another executable runs the children', async () => {
  const files = { node: `#!/bin/sh\nRAN_BY_SCRIPT=yes exec "${process.execPath}" "$@"\n` };
  const { stdout } = await runScript(
    `${child}
    const node = require('node:path').join(__dirname, 'node');
    require('node:fs').chmodSync(node, 0o755);
    set_executable(node);
    console.log(start({ target: () => process.exit(process.env.RAN_BY_SCRIPT === 'yes' ? 7 : 1) }).exitcode);
    try { set_executable(5) } catch (error) { console.log(error.name) }`,
    { files },
  );
  expect(stdout).toBe('7\nTypeError\n');
});

test('interrupt() ends a process, or is heard there', async () => {
  const { stdout } = await runScript(`${child}
    const { Event } = require('nogil/multiprocessing');
    const up = new Event();
    const deaf = new Process({ target: (up) => { up.set(); setInterval(() => {}, 1e6); return new Promise(() => {}) }, args: [up] });
    deaf.start();
    up.wait();
    deaf.interrupt();
    deaf.join();
    up.clear();
    const hears = new Process({ target: (up) => {
      const timer = setInterval(() => {}, 1e6);
      return new Promise((done) => { process.once('SIGINT', () => { clearInterval(timer); done(process.exitCode = 5) }); up.set() });
    }, args: [up] });
    hears.start();
    up.wait();
    hears.interrupt();
    hears.join();
    console.log(deaf.exitcode, hears.exitcode);`);
  expect(stdout).toBe('-2 5\n');
});
