// Builds the documentation and reads it as a visitor would, in a headless Chromium ($CHROMIUM, or the
// `chromium` of the system): every page has content and no error, every link inside leads somewhere.
// Leaves { passed, failed } in build-docs/results.json for CI, and screenshots in build-docs/shots/.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const site = join(root, 'build-docs');
/** Fewer characters than this say nothing. */
const MIN_TEXT = 60;
const SHOWN = ['index.html', 'documents/Quick_start.html', 'classes/threading.Lock.html'];

const TYPES = {
  '.html': 'text/html',
  '.css': 'text/css',
  '.js': 'text/javascript',
  '.svg': 'image/svg+xml',
  '.json': 'application/json',
  '.md': 'text/plain',
};

const built = spawnSync(process.execPath, [join(root, 'node_modules', 'typedoc', 'bin', 'typedoc')], {
  cwd: root,
  stdio: 'inherit',
});
if (built.status !== 0) throw new Error('the site can not be built');

const pages = readdirSync(site, { recursive: true })
  .filter((name) => name.endsWith('.html'))
  .map((name) => name.split(sep).join('/'))
  .sort();

const server = createServer((request, response) => {
  const path = join(site, decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  if (relative(site, path).startsWith('..')) return response.writeHead(403).end();
  try {
    const body = readFileSync(path);
    response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(body);
  } catch {
    response.writeHead(404).end();
  }
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${server.address().port}/`;

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  // Nothing here may leave the machine.
  args: [
    '--no-sandbox',
    '--disable-dev-shm-usage',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
});
const context = await browser.newContext();
await context.route('**', (route) => (route.request().url().startsWith(origin) ? route.continue() : route.abort()));
const tab = await context.newPage();
let complaints = [];
tab.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
tab.on('console', (message) => message.type() === 'error' && complaints.push(`console: ${message.text()}`));
tab.on('response', (response) => response.status() >= 400 && complaints.push(`${response.status()} for ${response.url()}`));

/** What a page has: anchors of its own, and links to pages of the site. */
const anchors = new Map();
const links = [];
const failures = new Map();
mkdirSync(join(site, 'shots'), { recursive: true });

for (const page of pages) {
  complaints = [];
  await tab.goto(origin + page, { waitUntil: 'load' });
  const found = await tab.evaluate(() => ({
    text: (document.querySelector('.col-content') ?? document.body).innerText.trim().length,
    ids: [...document.querySelectorAll('[id]')].map((element) => element.id),
    hrefs: [...document.querySelectorAll('.col-content a[href], .tsd-navigation a[href]')].map((a) => a.href),
  }));
  if (found.text < MIN_TEXT) complaints.push(`no content: ${found.text} characters`);
  anchors.set(page, new Set(found.ids));
  links.push(...found.hrefs.filter((href) => href.startsWith(origin)).map((href) => [page, href]));
  if (complaints.length > 0) failures.set(page, complaints);
  if (SHOWN.includes(page)) await tab.screenshot({ path: join(site, 'shots', `${page.replaceAll('/', '_')}.png`) });
}

const files = new Set(readdirSync(site, { recursive: true }).map((name) => name.split(sep).join('/')));
for (const [page, href] of links) {
  const url = new URL(href);
  const target = decodeURIComponent(url.pathname.slice(1)) || 'index.html';
  const anchor = decodeURIComponent(url.hash.slice(1));
  const broken = !files.has(target) || (anchor !== '' && anchors.has(target) && !anchors.get(target).has(anchor));
  if (broken) failures.set(page, [...(failures.get(page) ?? []), `broken link: ${target}${url.hash}`]);
}
await browser.close();
server.close();

for (const page of SHOWN) if (!pages.includes(page)) failures.set(page, ['is not there']);
for (const [page, why] of failures) console.error(`${page}\n  ${[...new Set(why)].join('\n  ')}`);
const failed = failures.size;
writeFileSync(join(site, 'results.json'), JSON.stringify({ passed: pages.length - failed, failed }));
console.log(`${pages.length - failed} pages passed, ${failed} failed; ${links.length} links inside the site`);
process.exitCode = failed > 0 || links.length === 0 ? 1 : 0;
