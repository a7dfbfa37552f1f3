/** One step of the schema, forward only. `up` may hold several statements; all of them commit together. */
export interface Migration {
  id: number;
  name: string;
  up: string;
}
