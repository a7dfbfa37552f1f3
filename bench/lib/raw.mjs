import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ended } from './children.mjs';
import { inTurn } from './network.mjs';

const MAIN = fileURLToPath(new URL('raw-main.mjs', import.meta.url));
const LINK_WIDTH = 6;

/** The bare engine in a process of its own. */
export class RawEngine {
  #child;
  #network;
  #calls = new Map();
  #lastCall = 0;

  constructor(network) {
    this.#network = network;
    this.#child = fork(MAIN, [], {
      env: { PATH: process.env.PATH ?? '', NODE_EXTRA_CA_CERTS: network.caFile },
      // The library writes to the console here and there.
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
      serialization: 'advanced',
      execArgv: [],
    });
    this.#child.on('message', ({ call, result, failure }) => {
      const waiting = this.#calls.get(call);
      this.#calls.delete(call);
      if (failure === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(failure));
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#calls.values()) reject(new Error('the raw engine ended'));
    });
  }

  static async start(network, stored) {
    const engine = new RawEngine(network);
    await engine.#call('init', { network: { url: network.url, rootKey: network.rootKey }, stored });
    return engine;
  }

  get pid() {
    return this.#child.pid;
  }

  async link(numbers) {
    await inTurn(numbers, LINK_WIDTH, async (number) => {
      const qr = await this.#call('qr', { number });
      await this.#network.control.call('phones.scan', { number, qr });
      await this.#call('opened', { number });
    });
  }

  open = () => this.#call('open', {});
  /** Sends `count` messages in each chat, chats side by side. Resolves when the last was handed to the socket. */
  send = (input) => this.#call('send', input);
  save = (file) => this.#call('save', { file });

  async stop() {
    const gone = ended(this.#child);
    this.#child.kill('SIGKILL');
    await gone;
  }

  #call(order, input) {
    this.#lastCall += 1;
    const call = this.#lastCall;
    return new Promise((resolve, reject) => {
      this.#calls.set(call, { resolve, reject });
      this.#child.send({ call, order, input });
    });
  }
}
