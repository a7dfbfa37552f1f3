import path from 'node:path';
import type { Config } from './config/config.ts';
import { MediaFiles } from './features/media/index.ts';
import type { DataKeys } from './features/workspaces/index.ts';
import { BlobCache } from './platform/blob/cache.ts';
import { DiskBlobs } from './platform/blob/disk.ts';
import { Drafts } from './platform/blob/drafts.ts';
import type { BlobStore } from './platform/blob/port.ts';
import { S3Blobs } from './platform/blob/s3.ts';
import type { Db } from './platform/db/port.ts';
import { diskFault } from './platform/disk-fault.ts';
import type { SafeFetch } from './platform/safe-fetch/index.ts';

/** Copies of media that lies elsewhere, together, in bytes. */
const CACHE_BYTES = 2 * 1024 ** 3;

/** Where media is kept: in the bucket of the settings, else below the data directory. Throws StartupError. */
export async function openBlobs({ dataDir, s3 }: Pick<Config, 'dataDir' | 's3'>): Promise<BlobStore> {
  if (s3) return new S3Blobs(s3);
  return DiskBlobs.open(path.join(dataDir, 'media', 'blobs'));
}

interface MediaServices {
  db: Db;
  dataKeys: DataKeys;
  outside: SafeFetch;
}

/** Opens the store of media. The data directory is this process's alone. */
export async function openMedia(config: Config, services: MediaServices): Promise<MediaFiles> {
  try {
    return await open(config, services);
  } catch (error) {
    throw diskFault(error, config.dataDir) ?? error;
  }
}

async function open(config: Config, { db, dataKeys, outside }: MediaServices): Promise<MediaFiles> {
  const dir = path.join(config.dataDir, 'media');
  const blobs = await openBlobs(config);
  return new MediaFiles({
    db,
    blobs,
    drafts: await Drafts.open(path.join(dir, 'drafts'), config.diskFloorBytes),
    fetcher: outside,
    dataKey: (workspaceId) => dataKeys.get(workspaceId),
    cache: await BlobCache.open(blobs, path.join(dir, 'cache'), CACHE_BYTES),
  });
}
