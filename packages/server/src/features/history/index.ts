export { type Chats, mergePeople, placeChats, type Seen, seeChats } from './chats.ts';
export { insertParts, movePart, nextPart, resetHistory, tellProgress } from './store.ts';
