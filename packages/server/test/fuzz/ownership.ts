import { idsIn } from './memory.ts';

/** What marks data of a workspace of this name. No id and no generated text has it: letters of ids have no u. */
export const markerOf = (name: string) => `uqmarku${name}u`;

const MARKER = /uqmarku(t\d+)u/g;

/** Whose every id is: the workspace's that was told it first. */
export class Ownership {
  readonly #owners = new Map<string, string>();

  /** Notes the ids in an answer that a workspace got. */
  note(workspace: string, text: string): void {
    for (const { prefix, id } of idsIn(text)) {
      if (prefix !== 'req' && !this.#owners.has(id)) this.#owners.set(id, workspace);
    }
  }

  /** What in an answer belongs to a workspace other than the asker's. An id that the asker named itself says nothing. */
  foreign(workspace: string, text: string, asked: string): string[] {
    const ids = idsIn(text).flatMap(({ prefix, id }) => {
      const owner = this.#owners.get(id) ?? workspace;
      return owner === workspace || asked.includes(id) ? [] : [`an id (${prefix}_…) of another workspace`];
    });
    const marks = [...text.matchAll(MARKER)].flatMap(([, name]) =>
      name === workspace ? [] : ['data of another workspace'],
    );
    return [...new Set([...ids, ...marks])];
  }
}
