export { type Found, findContacts, findMessages, type Hits } from './find.ts';
export { type Highlight, highlight } from './highlight.ts';
export { indexAll, SearchIndexer } from './indexer.ts';
export { MAX_QUERY, MAX_TERMS } from './query.ts';
export type { MessageTags } from './template.ts';
export { textsOf } from './texts.ts';
