import type { Config } from '../../config/config.ts';
import { MOST_BEHIND, type SinkStanding, sinkStandings } from '../../features/sinks/index.ts';
import type { Queryable } from '../../platform/db/port.ts';
import { createLogger } from '../../platform/log.ts';
import { configuredSinks } from '../../sinks.ts';
import type { Finding } from './finding.ts';

function howFar(standing: SinkStanding | undefined): string {
  if (!standing) return 'begins with the next start';
  const { behind, behindSeconds } = standing;
  if (behind === 0) return 'not behind';
  const count = behind === 1 ? '1 event' : `${behind}${behind === MOST_BEHIND ? ' or more' : ''} events`;
  return `${count} behind, the oldest ${behindSeconds} s old`;
}

/** One line for each broker that is configured: whether it takes events, and how far behind the log it is. */
export async function sinkFindings({ sinks }: Config, db: Queryable): Promise<Finding[]> {
  const standings = new Map((await sinkStandings(db, new Date())).map((standing) => [standing.row.name, standing]));
  const found: Finding[] = [];
  for (const [name, open] of configuredSinks(sinks, createLogger('silent'))) {
    const far = howFar(standings.get(name));
    try {
      await (await open())[Symbol.asyncDispose]();
      found.push({ ok: true, what: `sink ${name}: reached, ${far}` });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const cure = `Check the WAPING_SINK_${name.toUpperCase()}_ settings, and that the broker runs.`;
      found.push({ ok: false, what: `sink ${name}: ${reason}; ${far}`, cure });
    }
  }
  return found;
}
