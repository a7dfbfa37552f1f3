import { checkNumbers } from './check.ts';

export const operations = [checkNumbers];
