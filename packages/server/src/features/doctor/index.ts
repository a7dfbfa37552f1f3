export { type ScanReport, scanForSecrets } from './scan.ts';
