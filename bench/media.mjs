import { createHash, randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Gateway } from './lib/gateway.mjs';
import { quiet, residentMiB } from './lib/processes.mjs';
import { figure } from './lib/stats.mjs';

const BYTES = 100 * 1000 * 1000;
const CHUNK = 64 * 1024;
const BOUNDARY = 'waping-bench-boundary';
const LOOK_MS = 20;
/** MiB. */
const TARGET = 64;

/** The most a process holds while `work` runs, above what it held before, MiB. */
async function growth(pid, work) {
  await quiet(pid);
  const before = residentMiB(pid);
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, residentMiB(pid));
  }, LOOK_MS);
  const from = performance.now();
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  const seconds = (performance.now() - from) / 1000;
  most = Math.max(most, residentMiB(pid));
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

/** How much more memory the server holds while 100 MB go up, and while they come down. The client checks the bytes. */
export async function benchMedia({ network, quick, say }) {
  const gateway = await Gateway.start({ network });
  try {
    const rounds = [];
    for (let n = 0; n < (quick ? 1 : 3); n++) {
      const seed = seedOfFile();
      let media;
      const up = await growth(gateway.pid, async () => {
        media = await upload(gateway, seed);
      });
      const down = await growth(gateway.pid, () => download(gateway, media));
      rounds.push({ up, down });
      say(`media: up ${up.growthMiB} MiB in ${up.seconds} s, down ${down.growthMiB} MiB in ${down.seconds} s`);
    }
    // The first round pays for code that is compiled and buffers that are made once: it counts all the same.
    const most = (side) => Math.max(...rounds.map((round) => round[side].growthMiB));
    const [up, down] = [most('up'), most('down')];
    return { megabytes: BYTES / 1e6, rounds, up, down, target: TARGET, met: up < TARGET && down < TARGET };
  } finally {
    await gateway.stop();
  }
}
