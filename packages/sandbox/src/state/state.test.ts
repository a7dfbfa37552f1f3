import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Autosave } from './autosave.ts';
import { fromJson, toJson } from './json.ts';
import { readState, writeState } from './state-file.ts';

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sandbox-state-file-'));
});

afterAll(() => rm(directory, { recursive: true, force: true }));

describe('state as JSON', () => {
  it('keeps bytes, maps, sets and everything nested in them', () => {
    const leaf = fc.oneof(
      fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    );
    const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 3 },
        leaf,
        fc.array(tie('tree')),
        fc.dictionary(
          fc.string().filter((key) => !/^\$|^__proto__$/.test(key)),
          tie('tree'),
        ),
        fc.array(fc.tuple(fc.string(), tie('tree'))).map((entries) => new Map(entries)),
        fc.array(fc.string()).map((entries) => new Set(entries)),
      ),
    }));
    fc.assert(
      fc.property(tree, (value) => {
        expect(fromJson(toJson(value))).toEqual(value);
      }),
    );
  });

  it('reads a plain Uint8Array back as a Buffer with the same bytes', () => {
    expect(fromJson(toJson({ key: new Uint8Array([1, 2, 255]) }))).toEqual({ key: Buffer.of(1, 2, 255) });
  });
});

describe('the file', () => {
  it('is replaced in one step, with mode 0600 whatever it had, and leaves no draft behind', async () => {
    const folder = await mkdtemp(join(directory, 'one-'));
    const path = join(folder, 'state.json');
    await writeFile(path, 'old', { mode: 0o644 });
    await writeState(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(folder)).toEqual(['state.json']);
  });

  it('that does not exist yet reads as nothing', async () => {
    expect(await readState(join(directory, 'none.json'))).toBeUndefined();
  });
});

describe('autosave', () => {
  /** Saves are counted and end when the test says so. */
  function counting() {
    const saves: (() => void)[] = [];
    const errors: unknown[] = [];
    let started: (() => void) | undefined;
    const autosave = new Autosave({
      settleMs: 1,
      onError: (error) => errors.push(error),
      save: () =>
        new Promise((resolve) => {
          saves.push(resolve);
          started?.();
        }),
    });
    const begun = (count: number) =>
      new Promise<void>((resolve) => {
        started = () => saves.length >= count && resolve();
        started();
      });
    return { autosave, saves, errors, begun };
  }

  it('gathers many changes into one write', async () => {
    const { autosave, saves, begun } = counting();
    for (let change = 0; change < 100; change++) autosave.touch();
    await begun(1);
    saves[0]?.();
    await autosave.flush();
    expect(saves).toHaveLength(1);
  });

  it('writes again for a change that came during a write, but never two at once', async () => {
    const { autosave, saves, begun } = counting();
    autosave.touch();
    await begun(1);
    autosave.touch();
    const flushed = autosave.flush();
    expect(saves).toHaveLength(1);
    saves[0]?.();
    await begun(2);
    saves[1]?.();
    await flushed;
    expect(saves).toHaveLength(2);
  });

  it('cannot be put off by a steady stream of changes', async () => {
    const { autosave, saves, begun } = counting();
    const stream = setInterval(() => autosave.touch(), 1);
    await begun(1);
    clearInterval(stream);
    saves[0]?.();
    expect(saves.length).toBeGreaterThan(0);
  });

  it('writes what is left when it is disposed of, and nothing afterwards', async () => {
    const { autosave, saves, begun } = counting();
    autosave.touch();
    const disposed = autosave[Symbol.asyncDispose]();
    await begun(1);
    saves[0]?.();
    await disposed;
    autosave.touch();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(saves).toHaveLength(1);
  });

  it('reports a failed write and keeps what it could not write for the next one', async () => {
    let attempts = 0;
    const failed = withResolvers();
    const autosave = new Autosave({
      settleMs: 1,
      onError: (error) => failed.resolve(error),
      save: async () => {
        if (++attempts === 1) throw new Error('disk full');
      },
    });
    autosave.touch();
    expect(await failed.promise).toMatchObject({ message: 'disk full' });
    await autosave.flush();
    expect(attempts).toBe(2);
  });
});

function withResolvers() {
  let resolve: (value: unknown) => void = () => undefined;
  const promise = new Promise<unknown>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
