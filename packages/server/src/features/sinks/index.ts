import { listSinks } from './list.ts';

export { MOST_BEHIND, type SinkStanding, sinkStandings } from './standing.ts';
export {
  claimSink,
  ensureSink,
  moveSink,
  noteSinkFailure,
  noteSinkReached,
  releaseSink,
  renewSink,
  SINK_NAMES,
  type SinkHold,
  type SinkLease,
  type SinkName,
} from './store.ts';
export const operations = [listSinks];
