/**
 * The compiled twin of a module beside the caller. A worker thread cannot run TypeScript, so code imported from
 * `src` (as the tests do) starts the file of the same name in `dist`.
 */
export function compiledUrl(importMetaUrl: string, name: string): URL {
  const url = new URL(name, importMetaUrl);
  const at = url.pathname.lastIndexOf('/src/');
  if (importMetaUrl.endsWith('.ts') && at >= 0) {
    url.pathname = `${url.pathname.slice(0, at)}/dist/${url.pathname.slice(at + '/src/'.length)}`;
  }
  return url;
}
