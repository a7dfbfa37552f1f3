const MAX_NAME = 255;
/** Read of what calls itself a name, and so much of it is its end. Longer ones cost more to clean than they are worth. */
const MAX_READ = 1_024;
const END_READ = 64;
// Separators of paths, what file systems refuse, control characters, and those that turn the direction of what follows.
const UNSAFE = /[\\/:*?"<>|\p{Cc}\p{Cf}\p{Cs}\p{Co}\u2028\u2029]/gu;

/** A file name as it may be shown and saved: no path, nothing that hides what it ends in. Null for none. */
export function safeFileName(name: string | null | undefined): string | null {
  if (name === null || name === undefined) return null;
  const last = name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
  const read = last.length <= MAX_READ ? last : last.slice(0, MAX_READ - END_READ) + last.slice(-END_READ);
  const clean = read
    .normalize('NFC')
    .replace(UNSAFE, '')
    .replace(/^[\s.]+|[\s.]+$/g, '');
  if (clean === '') return null;
  const letters = [...clean];
  if (letters.length <= MAX_NAME) return clean;
  const ending = /\.[^.]{1,16}$/u.exec(clean)?.[0] ?? '';
  return letters.slice(0, MAX_NAME - ending.length).join('') + ending;
}

const EXTENSIONS: Readonly<Record<string, string>> = {
  'image/jpeg': 'jpg',
  'image/png': 'png',
  'image/webp': 'webp',
  'image/gif': 'gif',
  'video/mp4': 'mp4',
  'video/3gpp': '3gp',
  'video/quicktime': 'mov',
  'audio/ogg': 'ogg',
  'audio/mpeg': 'mp3',
  'audio/mp4': 'm4a',
  'audio/aac': 'aac',
  'audio/amr': 'amr',
  'audio/wav': 'wav',
  'application/pdf': 'pdf',
  'application/zip': 'zip',
  'text/plain': 'txt',
};

/** The name a file is saved under when it has none. */
export const nameFor = (id: string, mimeType: string): string => `${id}.${EXTENSIONS[mimeType] ?? 'bin'}`;

/** A Content-Disposition header: the name in ASCII for old readers, and as it is (RFC 6266, RFC 8187). */
export function contentDisposition(type: 'inline' | 'attachment', name: string): string {
  const plain =
    name
      .normalize('NFKD')
      .replace(/[^\x20-\x7e]/g, '')
      .replace(/["\\%;]/g, '_')
      .trim() || 'file';
  const exact = encodeURIComponent(name).replace(
    /['()*]/g,
    (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  return `${type}; filename="${plain}"${plain === name ? '' : `; filename*=UTF-8''${exact}`}`;
}
