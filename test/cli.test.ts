import { copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { TIMEOUT_MAX } from 'nogil/threading';
import { runScript, type ScriptResult } from './helpers/script';

const ROOT = join(__dirname, '..');
const { bin, version } = jest.requireActual<{ bin: { nogil: string }; version: string }>('../package.json');

const nogil = (args: string[], nodeArgs: string[] = []): Promise<ScriptResult> =>
  runScript(join(ROOT, bin.nogil), { args, nodeArgs, timeout: 60_000 });

jest.setTimeout(60_000);

describe('nogil', () => {
  it.each([[[]], [['help']], [['--help']]])('given %j tells of its verbs', async (args) => {
    const { code, stdout, stderr } = await nogil(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`nogil ${version}`);
    expect(stdout).toMatch(/^ {2}info .+\n {2}bench /m);
  });

  it('--version gives the version', async () => {
    expect((await nogil(['--version'])).stdout).toBe(`${version}\n`);
  });

  it.each(['constructor', 'bnech'])('%s is no verb', async (verb) => {
    const { code, stdout, stderr } = await nogil([verb]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(`there is no verb '${verb}'`);
  });

  it.each(['info', 'bench'])('%s --help tells of its options, and of one that it has not', async (verb) => {
    const help = await nogil([verb, '--help']);
    expect({ code: help.code, stderr: help.stderr }).toEqual({ code: 0, stderr: '' });
    expect(help.stdout).toMatch(/^ {2}--json /m);
    const wrong = await nogil([verb, '--no-such']);
    expect({ code: wrong.code, stdout: wrong.stdout }).toEqual({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain("'--no-such'");
  });
});

describe('nogil info', () => {
  it('gives as JSON what it gives as text', async () => {
    const { code, stdout } = await nogil(['info', '--json']);
    expect(code).toBe(0);
    const facts = JSON.parse(stdout) as Record<string, string>;
    expect(facts).toMatchObject({
      nogil: version,
      runtime: expect.stringContaining(process.versions.node),
      platform: expect.stringContaining(`${process.platform} ${process.arch}`),
      binary: expect.stringMatching(/\.node \((compiled here|came with the package|a copy of prebuilds\/[a-z\d-]+), \d+ KiB\)$/),
      'external buffers': 'yes',
      'longest timeout': expect.stringContaining(String(TIMEOUT_MAX)),
    });
    expect(Number.parseInt(facts['most threads'])).toBeGreaterThan(1000);
    expect(Number.parseInt(facts['most processes'])).toBeGreaterThan(100);
    const text = (await nogil(['info'])).stdout;
    for (const [name, fact] of Object.entries(facts)) expect(text).toContain(`  ${name.padEnd(18)}${fact}\n`);
  });

  describe('of a package with the addon that this one runs on', () => {
    const TMP = join(__dirname, '.tmp');
    const PREBUILT = join('prebuilds', `${process.platform}-${process.arch}`, 'nogil.node');
    const COMPILED = join('build', 'Release', 'nogil.node');
    let folder: string;
    let addon: string;

    const place = (file: string): void => {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      copyFileSync(addon, join(folder, file));
    };
    const binary = async (): Promise<string> => {
      const { stdout } = await runScript(join(folder, bin.nogil), { args: ['info', '--json'], timeout: 60_000 });
      return (JSON.parse(stdout) as { binary: string }).binary;
    };

    beforeAll(async () => {
      const facts = JSON.parse((await nogil(['info', '--json'])).stdout) as { binary: string };
      addon = /^(.*) \(/.exec(facts.binary)![1];
    });
    beforeEach(() => {
      mkdirSync(TMP, { recursive: true });
      folder = mkdtempSync(join(TMP, 'info-'));
      copyFileSync(join(ROOT, 'package.json'), join(folder, 'package.json'));
      cpSync(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true });
    });
    afterEach(() => rmSync(folder, { recursive: true, force: true }));

    it('says that it came with the package', async () => {
      place(PREBUILT);
      expect(await binary()).toContain(`${join(folder, PREBUILT)} (came with the package, `);
    });

    it('says that it was compiled', async () => {
      place(COMPILED);
      expect(await binary()).toContain(`${join(folder, COMPILED)} (compiled here, `);
    });

    it('says that what set-up took for want of a compiler is a copy', async () => {
      place(PREBUILT);
      place(COMPILED);
      expect(await binary()).toContain(`${join(folder, COMPILED)} (a copy of prebuilds/`);
    });
  });

  it('says so where the addon can not be loaded', async () => {
    const { code, stdout } = await nogil(['info', '--json'], ['--no-addons']);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ nogil: version, binary: expect.stringMatching(/^does not load: ./) });
  });
});

describe('nogil bench', () => {
  it('measures every row on both sides', async () => {
    const { code, stdout, stderr } = await nogil(['bench', '--json', '--rounds', '1', '--ms', '1']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { rows, rounds } = JSON.parse(stdout);
    expect(rounds).toBe(1);
    expect(rows.length).toBeGreaterThanOrEqual(6);
    for (const row of rows) {
      const [mine, theirs] = [row.nogil.median, row.node.median];
      expect(Math.min(mine, theirs)).toBeGreaterThan(0);
      expect(row.ratio).toBeCloseTo(row.unit === 'ns' ? theirs / mine : mine / theirs, 9);
    }
  });

  it('refuses figures that are none', async () => {
    const { code, stderr } = await nogil(['bench', '--rounds', '0']);
    expect({ code, stderr }).toEqual({ code: 1, stderr: "nogil: --rounds must be a positive integer, not '0'\n" });
  });
});
