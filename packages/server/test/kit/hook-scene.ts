import { afterAll, beforeAll, beforeEach } from 'vitest';
import type { TestDatabase } from './db.ts';
import { HookWorld } from './hooks.ts';
import { Receiver } from './receiver.ts';

/** What tests of webhooks begin with. Read inside tests: each has a world of its own. */
export interface HookScene {
  readonly receiver: Receiver;
  readonly world: HookWorld;
}

/** A receiver for all tests of a suite, forgetful between them, and a fresh workspace for each. */
export function hookScene(database: () => TestDatabase): HookScene {
  let receiver: Receiver | undefined;
  let world: HookWorld | undefined;
  beforeAll(async () => {
    receiver = await Receiver.start();
  });
  afterAll(() => receiver?.[Symbol.asyncDispose]());
  beforeEach(async () => {
    receiver?.forget();
    world = await HookWorld.create(database().db);
  });
  const made = <Part>(part: Part | undefined): Part => {
    if (part === undefined) throw new Error('The scene is made before the first test: read it inside one');
    return part;
  };
  return {
    get receiver() {
      return made(receiver);
    },
    get world() {
      return made(world);
    },
  };
}
