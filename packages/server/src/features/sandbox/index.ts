import type { Operation } from '../../operations/define.ts';
export const operations: Operation[] = [];
