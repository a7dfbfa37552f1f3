import { crashSuite } from './kit/suite.ts';

crashSuite('pglite');
