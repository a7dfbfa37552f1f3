// A receiver of webhooks: verifies every request, echoes the challenge, and does its work once for each event.
// Needs a built client (npm run build):  npx tsc -p examples && WEBHOOK_SECRET=whsec_… PORT=8080 node examples/dist/webhook-receiver.js
import { createServer, type IncomingMessage } from 'node:http';
import { verifyWebhook, type WebhookEvent, WebhookVerificationError } from '@waping/client';

const secret = process.env['WEBHOOK_SECRET'];
if (!secret) throw new Error('Set WEBHOOK_SECRET to the secret that was shown when the endpoint was made.');

const MAX_BODY = 1024 * 1024;
// In life: a table with the ids of events you have had. Deliveries come at least once.
const had = new Set<string>();

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > MAX_BODY) throw new WebhookVerificationError('too long for an event');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function handle({ id, type, data }: WebhookEvent): void {
  const { message } = data as { message?: { text?: { body: string } } };
  console.log(`${id}: ${message?.text?.body ?? type}`);
}

const server = createServer(async (request, response) => {
  try {
    const event = await verifyWebhook({ body: await bodyOf(request), headers: request.headers, secret });
    if (event.type === 'webhook.challenge') {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ challenge: event.challenge }));
      return;
    }
    // Answer at once, and do what takes long afterwards: more than 15 seconds count as a failure.
    response.writeHead(204).end();
    if (had.has(event.id)) return;
    had.add(event.id);
    handle(event);
  } catch (error) {
    // What is not ours is refused; what failed here comes again.
    response.writeHead(error instanceof WebhookVerificationError ? 400 : 500).end();
    console.error(`refused: ${error instanceof Error ? error.message : error}`);
  }
});

server.listen(Number(process.env['PORT'] ?? 8080), process.env['HOST'] ?? '127.0.0.1', () => {
  const address = server.address();
  console.log(`listening on port ${typeof address === 'object' ? address?.port : address}`);
});
