import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { Gateway } from './lib/gateway.mjs';
import { linkNumbers } from './lib/numbers.mjs';
import { quiet, treeMiB } from './lib/processes.mjs';
import { figure } from './lib/stats.mjs';

const BYTES = 100 * 1000 * 1000;
const CHUNK = 64 * 1024;
const BOUNDARY = 'waping-bench-boundary';
const LOOK_MS = 20;
const ARRIVE_MS = 300_000;
/** MiB. */
const TARGET = 64;

/** The most the gateway, its workers included, holds while `work` runs, above what it held before, MiB. */
async function growth(pid, work) {
  await quiet(pid);
  const before = treeMiB(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, treeMiB(pid));
  }, LOOK_MS);
  const from = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - from) / 1000;
  most = Math.max(most, treeMiB(pid));
  return { growthMiB: figure(Math.max(0, most - before)), seconds: figure(seconds) };
}

/** The same bytes every time, none of them compressible: a chunk of noise, counted up. */
function* noise(seed) {
  const chunk = Buffer.from(seed);
  for (let left = BYTES, n = 0; left > 0; n++) {
    chunk.writeUInt32LE(n, 4);
    const length = Math.min(left, chunk.length);
    yield Buffer.from(chunk.subarray(0, length));
    left -= length;
  }
}

function seedOfFile() {
  const seed = randomBytes(CHUNK);
  // Nothing any signature begins with.
  seed.writeUInt32LE(0, 0);
  return seed;
}

async function upload(gateway, seed) {
  const head = `--${BOUNDARY}\r\ncontent-disposition: form-data; name="file"; filename="noise.bin"\r\ncontent-type: application/octet-stream\r\n\r\n`;
  const tail = `\r\n--${BOUNDARY}--\r\n`;
  const reply = await new Promise((resolve, reject) => {
    const post = request(`${gateway.url}/v1/media`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${gateway.apiKey}`,
        'content-type': `multipart/form-data; boundary=${BOUNDARY}`,
        'content-length': head.length + BYTES + tail.length,
      },
    });
    post.once('response', resolve).once('error', reject);
    (async () => {
      post.write(head);
      for (const chunk of noise(seed)) if (!post.write(chunk)) await new Promise((next) => post.once('drain', next));
      post.end(tail);
    })().catch(reject);
  });
  let text = '';
  for await (const chunk of reply) text += chunk;
  if (reply.statusCode !== 201) throw new Error(`the upload answered ${reply.statusCode}: ${text}`);
  return JSON.parse(text);
}

async function download(gateway, { id, sha256 }) {
  const reply = await fetch(`${gateway.url}/v1/media/${id}/content`, {
    headers: { authorization: `Bearer ${gateway.apiKey}` },
  });
  const hash = createHash('sha256');
  for await (const chunk of reply.body) hash.update(chunk);
  if (hash.digest('hex') !== sha256) throw new Error('what came down is not what went up');
}

/** Sends the file from one device to another of the same gateway, until that one has it. */
async function send(gateway, { from, to, number }, { id, sha256 }) {
  const document = { mediaId: id, fileName: 'noise.bin' };
  await gateway.call('POST', '/v1/messages', { deviceId: from, to: number, type: 'document', document });
  const until = Date.now() + ARRIVE_MS;
  for (;;) {
    const { data } = await gateway.call('GET', `/v1/messages?direction=inbound&deviceId=${to}&limit=10`);
    const media = data.map((message) => message.media).find((one) => one?.sha256 === sha256);
    if (media?.status === 'ready') return;
    if (media?.status === 'failed' || Date.now() > until) throw new Error(`the file did not arrive: ${media?.status}`);
    await sleep(100);
  }
}

/**
 * How much more memory the gateway holds while 100 MB go up, while one device sends them and another receives them, and
 * while they come down. The client checks the bytes.
 */
export async function benchMedia({ network, quick, say }) {
  const gateway = await Gateway.start({ network });
  try {
    const [one, number] = linkNumbers('media', 2);
    await network.phones([one, number]);
    await network.sink(true);
    const [from, to] = await gateway.link([one, number]);
    const rounds = [];
    for (let n = 0; n < (quick ? 1 : 3); n++) {
      const seed = seedOfFile();
      let media;
      const up = await growth(gateway.pid, async () => {
        media = await upload(gateway, seed);
      });
      const sent = await growth(gateway.pid, () => send(gateway, { from, to, number }, media));
      const down = await growth(gateway.pid, () => download(gateway, media));
      rounds.push({ up, sent, down });
      const told = Object.entries({ up, sent, down }).map(
        ([name, { growthMiB, seconds }]) => `${name} ${growthMiB} MiB in ${seconds} s`,
      );
      say(`media: ${told.join(', ')}`);
    }
    // The first round pays for code that is compiled and buffers that are made once: it counts all the same.
    const most = (side) => Math.max(...rounds.map((round) => round[side].growthMiB));
    const [up, sent, down] = ['up', 'sent', 'down'].map(most);
    const met = Math.max(up, sent, down) < TARGET;
    return { megabytes: BYTES / 1e6, rounds, up, sent, down, target: TARGET, met };
  } finally {
    await gateway.stop();
  }
}
