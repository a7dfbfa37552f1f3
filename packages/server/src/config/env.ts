/** The environment as strings. The only place that reads process.env; empty means not set. */
export function readEnv(name: string): string | undefined {
  const value = process.env[name]?.trim();
  return value === '' ? undefined : value;
}
