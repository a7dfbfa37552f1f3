import type { EngineStore, SessionSpec } from '../port.ts';
import type { Answer, Question } from './protocol.ts';

/** Answers a worker's question from the store. Rejects when the store does. */
export async function answerFrom(store: EngineStore, spec: SessionSpec, question: Question): Promise<Answer> {
  const { workspaceId, deviceId } = spec;
  switch (question.about) {
    case 'keys':
      return { about: 'keys', found: await store.loadKeys(workspaceId, deviceId, question.type, question.ids) };
    case 'sent':
      return { about: 'sent', content: await store.findSent(workspaceId, deviceId, question.waId) };
    case 'inbound':
      return { about: 'inbound', stored: await store.hasInbound(workspaceId, deviceId, question.waId) };
  }
}
