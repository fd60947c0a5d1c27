// A headless Chromium that is told what to do, one JSON object a line:
//   {"do": "click", "target": "text=Drain"}  ->  {"answer": ...} or {"error": "..."}
// Targets are Playwright selectors. Everything waits for its target and fails
// after ten seconds.
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const WAIT_MS = 10_000;
const axe = createRequire(import.meta.url).resolve('axe-core/axe.min.js');

// An empty profile in a folder of its own is made by each launch.
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  headless: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync'],
});
let context;
let page;
let problems;

function watch(origin) {
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') problems.push(`console: ${message.text()}`);
  });
  page.on('pageerror', (error) => problems.push(`error: ${error.message}`));
  page.on('request', (request) => {
    const { protocol, origin: to } = new URL(request.url());
    if (protocol !== 'data:' && to !== origin) problems.push(`request to ${request.url()}`);
  });
}

const ACTIONS = {
  // A new page in a new profile.
  async open({ url, width = 1440, height = 900, scheme = 'light' }) {
    await context?.close();
    context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme, reducedMotion: 'reduce' });
    context.setDefaultTimeout(WAIT_MS);
    page = await context.newPage();
    problems = [];
    watch(new URL(url).origin);
    const response = await page.goto(url);
    return { status: response.status(), headers: response.headers() };
  },
  reload: () => page.reload().then(() => null),
  scheme: ({ value }) => page.emulateMedia({ colorScheme: value }),
  size: ({ width, height }) => page.setViewportSize({ width, height }),
  click: ({ target }) => page.locator(target).click(),
  fill: ({ target, value }) => page.locator(target).fill(value),
  choose: ({ target, value }) => page.locator(target).selectOption(value).then(() => null),
  focus: ({ target }) => page.locator(target).focus(),
  press: ({ key }) => page.keyboard.press(key),
  wait: ({ target, state = 'visible' }) => page.locator(target).first().waitFor({ state }),
  count: ({ target }) => page.locator(target).count(),
  texts: ({ target }) => page.locator(target).allInnerTexts(),
  evaluate: ({ script }) => page.evaluate(script),
  shot: ({ path, full = false }) => page.screenshot({ path, fullPage: full, animations: 'disabled' }).then(() => null),
  problems: () => problems,
  // What axe-core calls serious or critical, one line each.
  async axe() {
    await page.evaluate((await import('node:fs')).readFileSync(axe, 'utf8'));
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .flatMap(({ id, nodes }) => nodes.map((node) => `${id}: ${node.target.join(' ')}: ${node.failureSummary}`));
  },
};

for await (const line of createInterface({ input: process.stdin })) {
  const { do: name, ...options } = JSON.parse(line);
  let result;
  try {
    result = { answer: (await ACTIONS[name](options)) ?? null };
  } catch (error) {
    result = { error: error.message };
  }
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
await browser.close();
