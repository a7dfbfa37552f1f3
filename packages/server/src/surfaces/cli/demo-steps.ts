/** Prints each step of a demo with the time it took. */
export class Steps {
  #count = 0;

  /** Does the step; `said` adds what came of it to its line. */
  async run<T>(title: string, work: () => Promise<T>, said?: (result: T) => string): Promise<T> {
    const from = performance.now();
    const result = await work();
    this.#count += 1;
    const ms = Math.round(performance.now() - from);
    const line = said ? `${title}: ${said(result)}` : title;
    process.stdout.write(`${String(this.#count).padStart(3)}  ${line.padEnd(62)}${String(ms).padStart(6)} ms\n`);
    return result;
  }

  chapter(title: string): void {
    process.stdout.write(`\n     ${title}\n`);
  }
}
