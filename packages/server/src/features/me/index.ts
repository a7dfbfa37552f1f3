import { getMe } from './get.ts';

export const operations = [getMe];
