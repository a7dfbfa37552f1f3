/** One event on its way to a broker. */
export interface SinkMessage {
  /** Id of the event: the same whenever it is published again, so that a broker or a reader knows it. */
  id: string;
  type: string;
  workspaceId: string;
  createdAt: Date;
  /** The envelope as JSON; of one that is longer than so many bytes, without its data. */
  bodyWithin(bytes: number): Buffer;
}

/** A broker that events go to, connected. It does not connect again by itself: whoever uses it opens another. */
export interface Sink extends AsyncDisposable {
  /**
   * Hands the broker a batch, in order. Resolves once it has confirmed that it keeps every one of them; rejects with a
   * SinkError otherwise, and then some of them may have arrived: publish the whole batch again.
   */
  publish(batch: readonly SinkMessage[]): Promise<void>;
  /** Ends when the connection is lost. Its reason is a SinkError. */
  readonly lost: AbortSignal;
}

/** Opens the connection, and makes what messages go into (a stream, an exchange) where it is missing. Throws SinkError. */
export type OpenSink = () => Promise<Sink>;

/** A broker did not take what it was given. The message is for the operator and holds no secret. */
export class SinkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SinkError';
  }
}
