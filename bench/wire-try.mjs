import { startNetwork } from '/work/main/bench/lib/network.mjs';
import { benchWire } from '/work/main/bench/wire.mjs';
const network = await startNetwork();
try { console.log(JSON.stringify(await benchWire({ network, quick: process.argv[2] !== 'full', say: (t) => console.log(t) }), null, 1)); } finally { await network.stop(); }
