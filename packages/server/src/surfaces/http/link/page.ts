import { createHash } from 'node:crypto';
import { STYLE, shell } from '../pages.ts';

const PAGE_STYLE = `${STYLE}
main{max-width:28rem;padding-top:2rem}[hidden]{display:none!important}[role=status]{min-height:1.5em;font-weight:600}
.qr{display:block;width:100%;max-width:20rem;height:auto;margin:1rem auto;padding:.5rem;background:#fff;border:1px solid var(--line);border-radius:.75rem}
.code{display:block;margin:1rem 0;padding:1rem .5rem;text-align:center;border:1px solid var(--line);border-radius:.75rem;font:600 clamp(1.4rem,8.5vw,2.4rem)/1.2 ui-monospace,monospace;letter-spacing:.06em;user-select:all}
form{display:grid;gap:.75rem;margin:1rem 0}label{display:grid;gap:.25rem}
input{font:inherit;width:100%;padding:.7rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper);color:var(--ink)}
button{font:inherit;width:100%;min-height:2.9rem;padding:.6rem 1rem;border:1px solid var(--accent);border-radius:.5rem;background:var(--accent);color:var(--paper);cursor:pointer}
button.other{margin-top:.75rem;background:none;color:var(--accent)}button:disabled{opacity:.5}
button:focus-visible,input:focus-visible{outline:3px solid var(--accent);outline-offset:2px}ol{padding-left:1.3rem}li{margin:.25rem 0}`;

const styleHash = `'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'`;

/** Nothing but the page's own script runs, and it reaches this server alone. */
export const linkPolicy = (nonce: string): string =>
  `default-src 'none'; script-src 'nonce-${nonce}'; style-src ${styleHash}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

const BODY = `<h1>Link WhatsApp</h1><p class="soft" id="label"></p><p role="status" aria-live="polite">One moment\u2026</p>
<section id="qr" hidden><img class="qr" alt="QR code to scan with WhatsApp">
<ol><li>Open WhatsApp on the phone with your number.</li><li>Go to <b>Settings</b> (on Android <b>\u22ee</b>), then <b>Linked devices</b>.</li><li>Tap <b>Link a device</b> and point the phone at this code.</li></ol></section>
<section id="code" hidden><output class="code" aria-label="Pairing code"></output>
<ol><li>Open WhatsApp on the phone with your number.</li><li>Go to <b>Settings</b> (on Android <b>\u22ee</b>), then <b>Linked devices</b>, then <b>Link a device</b>.</li><li>Tap <b>Link with phone number instead</b> and type this code.</li></ol></section>
<form hidden><label>Your WhatsApp number, with country code<input name="phone" type="tel" inputmode="tel" autocomplete="tel" maxlength="40" placeholder="+49 151 23456789" required></label><button>Get a pairing code</button></form>
<button class="other" id="show-qr" type="button" hidden>Show a QR code</button><button class="other" id="show-form" type="button" hidden>Link with a code instead</button>
<noscript>This page needs JavaScript.</noscript>`;

/** `nonce` is of this answer alone. The page says nothing of a device: its script asks, in the browser it belongs to. */
export const linkPage = (nonce: string): string =>
  shell('Link WhatsApp', `${BODY}<script nonce="${nonce}" src="/link/assets/link.js"></script>`, PAGE_STYLE);

export const LINK_SCRIPT = `
const find = (selector) => document.querySelector(selector);
const status = find('[role=status]');
const form = find('form');
const base = location.pathname.replace(/\\/$/, '');
const TEXT = {
  ready: 'Choose how to link.',
  preparing: 'Getting a code\\u2026',
  scanned: 'Your phone agreed. Connecting\\u2026',
  linked: 'Linked. You can close this page.',
  already_linked: 'This is linked already. There is nothing left to do.',
  expired: 'This link has expired or was revoked. Ask for a new one.',
  taken: 'This link is open in another browser. Go on there, or ask for a new link.',
  stopped: 'The code was not used in time. Try again.',
};
const REASON = {
  passkey_required: 'WhatsApp asks this account for a passkey, which works in WhatsApp\\u2019s own apps only.',
  banned: 'WhatsApp does not let this number link devices.',
};
const END = ['linked', 'already_linked', 'expired', 'taken'];
const onPhone = matchMedia('(pointer: coarse)').matches;
let wanted = onPhone ? 'form' : 'qr';
let began = false;

function show(state) {
  const { step } = state;
  const over = END.includes(step);
  const qr = step === 'waiting' && state.image !== null;
  const code = step === 'waiting' && state.code !== null;
  const choosing = step === 'ready' || step === 'stopped';
  status.dataset.step = step;
  status.textContent = qr ? 'Scan this code with your phone.' : code ? 'Type this code on your phone.'
    : REASON[state.reason] ?? (choosing && wanted === 'form' && step === 'ready' ? 'Enter the number of your phone.' : TEXT[step]);
  find('#label').textContent = state.label ?? '';
  find('#qr').hidden = !qr;
  if (qr && find('.qr').src !== state.image) find('.qr').src = state.image;
  find('#code').hidden = !code;
  find('.code').textContent = state.code ?? '';
  const open = !over && step !== 'scanned' && step !== 'preparing';
  form.hidden = !(open && wanted === 'form' && !code);
  find('#show-qr').hidden = !(open && !qr);
  find('#show-form').hidden = !(open && wanted !== 'form');
  if (over) events?.close();
  if (step === 'ready' && wanted === 'qr' && !began) start({ method: 'qr' });
}

const ask = (path, body) => fetch(base + path, {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'x-waping-csrf': '1' },
  body: JSON.stringify(body),
});

async function start(body) {
  began = true;
  try {
    const reply = await ask('/start', body);
    if (!reply.ok) status.textContent = (await reply.json()).error.message;
  } catch { status.textContent = 'No answer. Try again.'; }
}

let events = null;
let last = null;
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  await start({ method: 'code', phone: new FormData(form).get('phone') });
  button.disabled = false;
});
find('#show-qr').addEventListener('click', () => { wanted = 'qr'; start({ method: 'qr' }); });
find('#show-form').addEventListener('click', () => { wanted = 'form'; show(last); find('input').focus(); });

async function open() {
  try {
    const reply = await ask('/open', {});
    const body = await reply.json();
    if (!reply.ok) { status.textContent = body.error.message; return; }
    last = body;
    if (END.includes(body.step)) { show(body); return; }
    events = new EventSource(base + '/events');
    events.addEventListener('link', (event) => { last = JSON.parse(event.data); show(last); });
    events.addEventListener('error', () => {
      if (events.readyState === EventSource.CLOSED) status.textContent = 'The connection is lost. Reload this page.';
    });
  } catch { status.textContent = 'No answer. Reload this page.'; }
}
open();
`;
