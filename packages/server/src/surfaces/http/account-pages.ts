import { createHash } from 'node:crypto';
import type { FastifyInstance } from 'fastify';
import { STYLE, shell } from './pages.ts';
import { sendPage } from './security-headers.ts';

const FORM_STYLE = `
form{display:grid;gap:.75rem;margin-top:1.5rem;max-width:24rem}label{display:grid;gap:.25rem}
input{font:inherit;padding:.5rem;border:1px solid var(--line);border-radius:.375rem;background:var(--paper);color:var(--ink)}
button{font:inherit;padding:.55rem 1rem;border:0;border-radius:.375rem;background:var(--accent);color:var(--paper)}
[role=status]{min-height:1.5em}[hidden]{display:none}`;
const PAGE_STYLE = STYLE + FORM_STYLE;

const sourceHash = `'sha256-${createHash('sha256').update(PAGE_STYLE).digest('base64')}'`;
const POLICY = `default-src 'none'; script-src 'self'; style-src ${sourceHash}; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`;

// The secret stands behind `#`, which browsers send nowhere; it is taken out of the address at once.
const SCRIPT = `
const form = document.querySelector('form');
const status = document.querySelector('[role=status]');
const token = location.hash.slice(1);
history.replaceState(null, '', location.pathname);
if (!token) { form.hidden = true; status.textContent = 'This link is not complete. Open it again from where you got it.'; }
form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const button = form.querySelector('button');
  button.disabled = true;
  status.textContent = 'One moment\\u2026';
  const body = { token };
  for (const [name, value] of new FormData(form)) if (value !== '') body[name] = value;
  try {
    const reply = await fetch(form.dataset.path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-waping-csrf': '1' },
      body: JSON.stringify(body),
    });
    if (reply.ok) { form.hidden = true; status.textContent = form.dataset.done; return; }
    const { error } = await reply.json();
    status.textContent = error.message;
    if (error.param === 'code') document.querySelector('#code').hidden = false;
  } catch { status.textContent = 'No answer. Try again.'; }
  button.disabled = false;
});
`;

interface Form {
  title: string;
  intro: string;
  path: string;
  fields: string;
  button: string;
  done: string;
}

function page(form: Form): string {
  return shell(
    form.title,
    `<h1>${form.title}</h1><p class="soft">${form.intro}</p><form data-path="${form.path}" data-done="${form.done}">${form.fields}<button>${form.button}</button></form><p role="status"></p><noscript>This page needs JavaScript.</noscript><script src="/account/assets/account.js"></script>`,
    PAGE_STYLE,
  );
}

const RESET = page({
  title: 'Set a new password',
  intro: 'All your sessions end. A second factor stays as it is.',
  path: '/v1/auth/resets',
  fields:
    '<label>New password, at least 10 characters<input name="newPassword" type="password" autocomplete="new-password" minlength="10" maxlength="256" required></label>',
  button: 'Set the password',
  done: 'Your new password is set. You can sign in with it.',
});

const INVITATION = page({
  title: 'Join the team',
  intro: 'If you have an account here, give its password. If not, choose one of at least 10 characters.',
  path: '/v1/auth/invitations/accept',
  fields:
    '<label>Your name (for a new account)<input name="name" autocomplete="name" maxlength="80"></label>' +
    '<label>Password<input name="password" type="password" autocomplete="current-password" minlength="10" maxlength="256" required></label>' +
    '<label id="code" hidden>Code of your authenticator app<input name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="40"></label>',
  button: 'Join',
  done: 'You have joined, and you are signed in.',
});

/** The pages that invitation and reset links lead to. */
export function registerAccountPages(app: FastifyInstance): void {
  const html = (path: string, text: string) => app.get(path, async (_request, reply) => sendPage(reply, POLICY, text));
  html('/account/reset', RESET);
  html('/account/invitation', INVITATION);
  app.get('/account/assets/account.js', async (_request, reply) => {
    reply.type('text/javascript; charset=utf-8');
    return SCRIPT;
  });
}
