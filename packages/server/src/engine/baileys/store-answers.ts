import { unavailable } from '../../platform/db/db-error.ts';
import type { EngineStore, SessionSpec } from '../port.ts';
import { deferred } from './deferred.ts';
import type { Answer, Question } from './protocol.ts';

const READ_MS = 30_000;

/** Answers a worker's question from the store. Rejects when the store does, or after 30 seconds. */
export async function answerFrom(store: EngineStore, spec: SessionSpec, question: Question): Promise<Answer> {
  const late = deferred<Answer>();
  const timer = setTimeout(() => late.reject(unavailable('the store did not answer')), READ_MS);
  try {
    return await Promise.race([read(store, spec, question), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function read(store: EngineStore, spec: SessionSpec, question: Question): Promise<Answer> {
  const { workspaceId, deviceId, token } = spec;
  switch (question.about) {
    case 'keys':
      return { about: 'keys', found: await store.loadKeys(workspaceId, deviceId, question.type, question.ids) };
    case 'sent':
      return { about: 'sent', body: await store.findSent(workspaceId, deviceId, question.waId, question.asker) };
    case 'inbound':
      return { about: 'inbound', stored: await store.hasInbound(workspaceId, deviceId, question.waId) };
    case 'unread':
      return { about: 'unread', messages: await store.unread(workspaceId, deviceId) };
    case 'history':
      return { about: 'history', waiting: await store.nextHistory(workspaceId, deviceId) };
    case 'history_group': {
      const group = { ...question.group, workspaceId, deviceId, token };
      return { about: 'history_group', stored: await store.commitHistory(group) };
    }
  }
}
