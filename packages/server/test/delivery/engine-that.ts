import { type Engine, EngineSendError, type Outbound } from '../../src/engine/port.ts';

/** An engine whose sends are what the test says, one message after the other as the port has it; it can do nothing else. */
export function engineThat(send: (message: Outbound) => Promise<void>): Engine {
  const unused = async (): Promise<never> => {
    throw new Error('not used');
  };
  return {
    open: unused,
    link: unused,
    stop: unused,
    logout: unused,
    send: async (_device, message, behind = []) => {
      for (const [left, one] of [message, ...behind].entries()) {
        await send(one).catch((error: unknown) => {
          throw error instanceof EngineSendError
            ? new EngineSendError(error.reason, error.message, error.retry, { left, providerCode: error.providerCode })
            : error;
        });
      }
    },
    prepare: () => {},
    ask: unused,
    health: unused,
    workers: () => [],
    [Symbol.asyncDispose]: async () => {},
  };
}
