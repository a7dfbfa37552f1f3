/** One line of `waping doctor`: what was found, and what to do where it is not well. */
export interface Finding {
  ok: boolean;
  what: string;
  cure?: string;
}
