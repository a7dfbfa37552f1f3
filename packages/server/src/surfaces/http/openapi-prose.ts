import { EVENT_TYPES } from '../../features/events/index.ts';

/** Opens the reference: what a caller must know once, whatever the operation. */
export const INTRODUCTION = `Link WhatsApp numbers by QR, send and receive over one API. Every state can be explained.

**Authenticate** with the API key that was printed on first start: \`Authorization: Bearer wap_…\`. Enter it under *Authentication* on this page to try operations here.

**First message**: create a [device](#tag/devices) with \`"network":"sandbox"\`, link it to a [simulated phone](#tag/sandbox), send a [message](#tag/messages).

**Lists** answer \`data\`, \`hasMore\` and \`nextCursor\`. Give \`nextCursor\` as \`cursor\`, with the same filters, to get the next page. Pages stay stable while rows arrive.

**Retries** are safe with an \`Idempotency-Key\` header on operations that create.

**Errors** share one envelope; [each code has an explanation](/docs/errors).`;

const eventTable = Object.entries(EVENT_TYPES)
  .map(([type, when]) => `| \`${type}\` | ${when} |`)
  .join('\n');

/** A paragraph for each group of operations. */
export const TAGS: Record<string, string> = {
  Devices:
    'A device is one WhatsApp account, linked the way WhatsApp Web is: by a QR code or a pairing code. It keeps its id and history through disconnects, unlinking and linking again.',
  Messages:
    'One message in or out, with a status and a timeline. Outbound: `queued` → `sending` → `sent` → `delivered` → `read`, or `held` while its device is away, `failed` with an error, `expired`.',
  Media:
    'Files: uploaded or fetched for messages to send, or received with them. What a file is, its bytes say; each message type has its limits.',
  Templates:
    'Messages you send again and again, with variables. A send of type `template` names one and gives its values; it is filled in when the send is accepted.',
  Conversations: 'One chat on one device.',
  Calls:
    'Calls to your accounts. WhatsApp tells a linked device that they ring and that they end; nothing can be said in them here, but they can be rejected.',
  Contacts: 'The people your devices exchange messages with. They appear by themselves.',
  Groups:
    'The WhatsApp groups your accounts are in, once for each device. They follow every change, whoever makes it on whatever phone; changes made here are asked of WhatsApp and answered with its word.',
  Members:
    'The people of the workspace and their roles: **owner** does everything, **admin** everything but to owners, **agent** works with messages, **viewer** reads. Each operation names its roles.',
  'API keys':
    'A key belongs to one workspace and is shown once. Its scopes (`resource:verb`), device list, address list and expiry can be changed at any time, its secret rotated with an overlap; every change is in force within a second. `GET /v1/me` tells what a key may do.',
  'Signing in':
    'For people, in a browser: a session cookie instead of an API key. Writes with the cookie carry the header `X-Waping-Csrf: 1` and come from a page of this origin.',
  Events: `Every change of state is an event in one ordered log.\n\n| type | when |\n|---|---|\n${eventTable}`,
  'Webhook endpoints':
    'Endpoints of yours that get events as they happen: signed as Standard Webhooks 1.0, tried again for three days, paused and resumed by themselves, with a log of every attempt and replays.',
  Usage: 'What the workspace has used of its plan. Quotas go by the calendar month of UTC; the sandbox is free.',
  Workspace:
    'Your workspace itself: its name, how long it keeps what, and everything it holds, to take away or to erase.',
  Jobs: 'Work that takes longer than a request. A job goes on through crashes and restarts, says how far it is, and is kept for 30 days after its end.',
  Audit: 'Who changed what, from where, in which request: append-only, written in the transaction of the change.',
  Operator:
    'For who runs the installation: workspaces, their plans and limits, and the brokers that events go to. Takes the operator key (`WAPING_OPERATOR_KEY`), never a workspace’s; without that setting these paths answer 404.',
  Sandbox:
    'A simulated WhatsApp network for devices with `"network":"sandbox"`: real wire protocol, no phone, nothing leaves the machine. Any number that begins with `+999` needs no set-up; its last two digits choose what it does: `01` reads, `02` is not on WhatsApp, `03` never reads, `04` is refused with code 463, `05` answers, `06` stays offline.',
};
