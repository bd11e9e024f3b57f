// Opens pages in a headless Chromium, 1280 and 400 pixels wide, light and dark, and prints as JSON what it saw of each:
// { page, width, mode, scrollWidth, messages, requests }. messages are what the console and the security policy complained of;
// requests are the addresses that were asked for beside the page itself.
// Usage: node view-page.cjs chromium [--pictures FOLDER] PAGE...
const { spawn } = require('child_process');
const fs = require('fs');
const os = require('os');
const path = require('path');
const { pathToFileURL } = require('url');

const [, , chromium, ...rest] = process.argv;
let pictures = null;
if (rest[0] === '--pictures') {
  pictures = rest[1];
  rest.splice(0, 2);
}

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'fastmlp-chromium-'));
const browser = spawn(chromium, ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--no-first-run',
  '--disable-background-networking', '--hide-scrollbars', `--user-data-dir=${profile}`, '--remote-debugging-pipe'],
{ stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] });

// Messages of the debugging protocol are JSON with a zero byte behind each.
let next = 1;
const waiting = new Map();
const listeners = new Set();
let buffer = '';
browser.stdio[4].on('data', (data) => {
  buffer += data;
  for (let end = buffer.indexOf('\0'); end >= 0; end = buffer.indexOf('\0')) {
    const message = JSON.parse(buffer.slice(0, end));
    buffer = buffer.slice(end + 1);
    if (message.id) {
      const { resolve, reject } = waiting.get(message.id);
      waiting.delete(message.id);
      if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
    } else {
      listeners.forEach((listener) => listener(message));
    }
  }
});
const send = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
  waiting.set(next, { resolve, reject });
  browser.stdio[3].write(JSON.stringify({ id: next++, method, params, sessionId }) + '\0');
});

async function view(page, width, mode) {
  const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const call = (method, params) => send(method, params, sessionId);
  const url = pathToFileURL(page).href;
  const messages = [];
  const requests = [];
  const loaded = new Promise((resolve) => {
    listeners.add(function listen(message) {
      if (message.sessionId !== sessionId) return;
      const { method, params } = message;
      if (method === 'Runtime.consoleAPICalled') messages.push(params.args.map((arg) => arg.value).join(' '));
      if (method === 'Runtime.exceptionThrown') messages.push(params.exceptionDetails.text);
      if (method === 'Log.entryAdded') messages.push(params.entry.text);
      if (method === 'Page.javascriptDialogOpening') {
        messages.push(`dialog: ${params.message}`);
        call('Page.handleJavaScriptDialog', { accept: true });
      }
      if (method === 'Network.requestWillBeSent' && params.request.url !== url && !params.request.url.startsWith('data:')) requests.push(params.request.url);
      if (method === 'Page.loadEventFired') resolve();
    });
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await call(`${domain}.enable`);
  await call('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 });
  await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: mode }] });
  await call('Page.navigate', { url });
  await loaded;
  const { result } = await call('Runtime.evaluate', { expression: 'document.documentElement.scrollWidth' });
  if (pictures) {
    const { data } = await call('Page.captureScreenshot', { captureBeyondViewport: true });
    fs.writeFileSync(path.join(pictures, `${path.basename(page, '.html')}-${width}-${mode}.png`), Buffer.from(data, 'base64'));
  }

  await send('Target.closeTarget', { targetId });
  return { page, width, mode, scrollWidth: result.value, messages, requests };
}

(async () => {
  const seen = [];
  for (const page of rest) {
    for (const width of [1280, 400]) {
      for (const mode of ['light', 'dark']) seen.push(await view(page, width, mode));
    }
  }

  console.log(JSON.stringify(seen, null, 1));
  await send('Browser.close');
})().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
}).finally(() => {
  // The browser's helpers may still be writing: its folder is removed once all have gone.
  browser.once('exit', () => fs.rmSync(profile, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  setTimeout(() => browser.kill(), 2000).unref();
});
