/**
 * Lifetimes in the order they began, ended from the last to the first. What `AsyncDisposableStack` is, which the
 * oldest Node.js we run on does not have.
 */
export class Lifetimes implements AsyncDisposable {
  readonly #ends: (() => PromiseLike<void> | void)[] = [];

  use<T extends AsyncDisposable>(resource: T): T {
    this.#ends.push(() => resource[Symbol.asyncDispose]());
    return resource;
  }

  defer(end: () => PromiseLike<void> | void): void {
    this.#ends.push(end);
  }

  /** Ends all, even where one fails; then throws the first failure. */
  async [Symbol.asyncDispose](): Promise<void> {
    const failures: unknown[] = [];
    for (let end = this.#ends.pop(); end; end = this.#ends.pop()) {
      try {
        await end();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
