import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { expect, it } from 'vitest';
import { prepareDirectory } from '../../src/platform/db/data-dir.ts';
import { DurableNodeFS, durableStartParams } from '../../src/platform/db/durable-fs.ts';
import { ShadowDisk } from './shadow-disk.ts';

interface Node {
  mode: number;
}
interface Stream {
  node: Node;
}
/** Emscripten's NODEFS operations, as far as the shadow follows them. */
interface Operations {
  realPath(node: Node): string;
  node_ops: {
    mknod(parent: Node, name: string, mode: number, dev: number): Node;
    rename(node: Node, directory: Node, name: string): void;
    unlink(parent: Node, name: string): void;
    rmdir(parent: Node, name: string): void;
    setattr(node: Node, attributes: { size?: number }): void;
  };
  stream_ops: {
    fsync?(stream: Stream): number;
    write(stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number): number;
    setattr(stream: Stream, attributes: { size?: number }): void;
  };
}

function operationsOf(mod: unknown): Operations {
  // Emscripten publishes no types; a changed shape fails the test at its first use.
  return (mod as { FS: { filesystems: { NODEFS: Operations } } }).FS.filesystems.NODEFS;
}

/** Tells the shadow of every change of the tree. */
function follow(fs: Operations, shadow: ShadowDisk, onFlush: () => void): void {
  const nodes = { ...fs.node_ops };
  const streams = { ...fs.stream_ops };
  const child = (parent: Node, name: string): string => path.join(fs.realPath(parent), name);
  Object.assign(fs.node_ops, {
    mknod: (parent: Node, name: string, mode: number, dev: number) => {
      shadow.create(child(parent, name), (mode & 0o170000) === 0o040000);
      return nodes.mknod(parent, name, mode, dev);
    },
    rename: (node: Node, directory: Node, name: string) => {
      shadow.rename(fs.realPath(node), child(directory, name));
      nodes.rename(node, directory, name);
    },
    unlink: (parent: Node, name: string) => {
      shadow.remove(child(parent, name));
      nodes.unlink(parent, name);
    },
    rmdir: (parent: Node, name: string) => {
      shadow.remove(child(parent, name));
      nodes.rmdir(parent, name);
    },
    setattr: (node: Node, attributes: { size?: number }) => {
      if (attributes.size !== undefined) shadow.truncate(fs.realPath(node), attributes.size);
      nodes.setattr(node, attributes);
    },
  });
  Object.assign(fs.stream_ops, {
    write: (stream: Stream, buffer: Uint8Array, offset: number, length: number, position: number) => {
      const written = streams.write(stream, buffer, offset, length, position);
      shadow.write(fs.realPath(stream.node), position, buffer.subarray(offset, offset + written));
      return written;
    },
    setattr: (stream: Stream, attributes: { size?: number }) => {
      if (attributes.size !== undefined) shadow.truncate(fs.realPath(stream.node), attributes.size);
      streams.setattr(stream, attributes);
    },
  });
  const fsync = streams.fsync;
  if (fsync === undefined) return;
  fs.stream_ops.fsync = (stream) => {
    const result = fsync(stream);
    shadow.flush(fs.realPath(stream.node));
    onFlush();
    return result;
  };
}

const hooks = {
  onLost: (error: Error) => {
    throw error;
  },
  onAbort: (what: string) => {
    throw new Error(what);
  },
};

class FollowedFs extends DurableNodeFS {
  readonly #attach: (fs: Operations) => void;

  constructor(directory: string, attach: (fs: Operations) => void) {
    super(directory, hooks);
    this.#attach = attach;
  }

  override async init(...args: Parameters<DurableNodeFS['init']>): ReturnType<DurableNodeFS['init']> {
    const result = await super.init(...args);
    const before = result.emscriptenOpts.preRun;
    result.emscriptenOpts.preRun = [
      ...(Array.isArray(before) ? before : []),
      (mod: unknown) => this.#attach(operationsOf(mod)),
    ];
    return result;
  }
}

/** NodeFS as PGlite ships it, followed the same way. */
class ShippedFs extends NodeFS {
  readonly #attach: (fs: Operations) => void;

  constructor(directory: string, attach: (fs: Operations) => void) {
    super(directory);
    this.#attach = attach;
  }

  override async init(...args: Parameters<NodeFS['init']>): ReturnType<NodeFS['init']> {
    const result = await super.init(...args);
    const before = result.emscriptenOpts.preRun;
    result.emscriptenOpts.preRun = [
      ...(Array.isArray(before) ? before : []),
      (mod: unknown) => this.#attach(operationsOf(mod)),
    ];
    return result;
  }
}

interface Cut {
  directory: string;
  acknowledged: number[];
}

/** Writes rows with checkpoints and log changes in between; every so many flushes the power is cut once. */
async function workload(pg: PGlite, acknowledged: number[]): Promise<void> {
  await pg.exec('create table kept (id integer primary key, note text); create index on kept (note)');
  for (let id = 1; id <= 600; id += 1) {
    await pg.query(`insert into kept values ($1, repeat(md5($2), 40))`, [id, String(id)]);
    acknowledged.push(id);
    if (id % 150 === 0) await pg.exec('checkpoint');
    if (id % 200 === 0) await pg.exec('update kept set note = md5(note)');
    if (id % 250 === 0) await pg.exec('vacuum kept');
  }
}

async function idsIn(directory: string): Promise<number[]> {
  const pg = await PGlite.create({ fs: new DurableNodeFS(directory, hooks), startParams: durableStartParams() });
  try {
    const { rows } = await pg.query<{ id: number }>('select id from kept');
    // The index must tell the same story as the table.
    await pg.exec(`set enable_seqscan = off; select count(*) from kept where note > ''`);
    return rows.map((row) => row.id);
  } finally {
    await pg.close();
  }
}

async function inScratch(use: (scratch: string) => Promise<void>): Promise<void> {
  const scratch = mkdtempSync(path.join(tmpdir(), 'waping-cut-'));
  try {
    await use(scratch);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

it('loses no acknowledged commit and opens again, wherever the power is cut', async () => {
  await inScratch(async (scratch) => {
    const directory = path.join(scratch, 'database');
    await prepareDirectory(directory);
    const shadow = new ShadowDisk(directory, path.join(scratch, 'image'));
    const acknowledged: number[] = [];
    const cuts: Cut[] = [];
    const onFlush = (): void => {
      // A prime step lands inside commits, checkpoints and vacuums alike.
      if (shadow.flushes % 131 !== 57 || acknowledged.length === 0) return;
      const target = path.join(scratch, `cut-${cuts.length}`);
      shadow.cut(target);
      cuts.push({ directory: target, acknowledged: [...acknowledged] });
    };
    const fs = new FollowedFs(directory, (operations) => follow(operations, shadow, onFlush));
    const pg = await PGlite.create({ fs, startParams: durableStartParams() });
    await workload(pg, acknowledged);
    await pg.close();
    expect(cuts.length).toBeGreaterThanOrEqual(4);
    for (const cut of cuts) {
      const stored = new Set(await idsIn(cut.directory));
      expect(cut.acknowledged.filter((id) => !stored.has(id))).toEqual([]);
    }
  });
});

it('would notice: the file system as shipped flushes nothing', async () => {
  await inScratch(async (scratch) => {
    const directory = path.join(scratch, 'database');
    await prepareDirectory(directory);
    const shadow = new ShadowDisk(directory, path.join(scratch, 'image'));
    const fs = new ShippedFs(directory, (operations) => follow(operations, shadow, () => undefined));
    const pg = await PGlite.create({ fs });
    await pg.exec('create table kept (id integer primary key, note text); insert into kept values (1)');
    shadow.cut(path.join(scratch, 'cut'));
    await pg.close();
    expect(shadow.flushes).toBe(0);
    await expect(idsIn(path.join(scratch, 'cut'))).rejects.toThrow('does not exist');
  });
});
