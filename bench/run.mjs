// Benchmarks of the compiled product on this machine: npm run bench -- [--only accept|wire|memory|restart|fairness|cost|history|history-sync|media|events|webhooks] [--quick]
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { benchAccept } from './accept.mjs';
import { benchCost } from './cost.mjs';
import { benchEvents } from './events.mjs';
import { benchFairness } from './fairness.mjs';
import { benchHistory } from './history.mjs';
import { benchHistorySync } from './history-sync.mjs';
import { load, machine } from './lib/machine.mjs';
import { startNetwork } from './lib/network.mjs';
import { printTable } from './lib/table.mjs';
import { benchMany } from './many.mjs';
import { benchMedia } from './media.mjs';
import { benchWebhooks } from './webhooks.mjs';
import { benchWire } from './wire.mjs';

// Run where nothing else is asked for; the others take their time, and run by name.
const DEFAULT_PARTS = ['accept', 'wire', 'memory', 'restart', 'fairness', 'cost'];
const PARTS = [...DEFAULT_PARTS, 'history', 'history-sync', 'media', 'events', 'webhooks'];
const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } });
const { only, quick } = values;
if (only !== undefined && !PARTS.includes(only)) {
  process.stderr.write(`--only takes one of: ${PARTS.join(', ')}\n`);
  process.exit(2);
}

const say = (text) => process.stderr.write(`${new Date().toISOString().slice(11, 19)}  ${text}\n`);

/** Each part gets a network of its own: what one leaves in the simulated phones must not weigh on the next. */
async function withNetwork(run) {
  const network = await startNetwork();
  try {
    return await run(network);
  } finally {
    await network.stop();
  }
}

const wanted = (...parts) => parts.some((part) => (only === undefined ? DEFAULT_PARTS.includes(part) : part === only));
const report = { machine: machine(), quick, startedAt: new Date().toISOString(), loadAtStart: load() };
if (wanted('accept')) report.accept = await withNetwork((network) => benchAccept({ network, quick, say }));
if (wanted('wire')) report.wire = await withNetwork((network) => benchWire({ network, quick, say }));
if (wanted('memory', 'restart')) {
  Object.assign(report, await withNetwork((network) => benchMany({ network, quick, only, say })));
}
if (wanted('fairness')) {
  report.fairness = await withNetwork((network) => benchFairness({ network, quick, say }));
}
if (wanted('cost')) report.cost = await benchCost({ quick, say });
if (wanted('history')) report.history = await withNetwork((network) => benchHistory({ network, quick, say }));
if (wanted('media')) report.media = await withNetwork((network) => benchMedia({ network, quick, say }));
if (wanted('events')) report.events = await withNetwork((network) => benchEvents({ network, quick, say }));
if (wanted('webhooks')) report.webhooks = await benchWebhooks({ withNetwork, quick, say });
if (wanted('history-sync')) {
  report.historySync = await withNetwork((network) => benchHistorySync({ network, quick, say }));
}
report.endedAt = new Date().toISOString();

const results = new URL('results/', import.meta.url);
mkdirSync(results, { recursive: true });
writeFileSync(new URL('latest.json', results), `${JSON.stringify(report, null, 2)}\n`);
printTable(report);
