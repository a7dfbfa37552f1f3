function lines(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => String(row[column]).length)));
  return rows.map((row) =>
    row.map((cell, n) => (n === 0 ? String(cell).padEnd(widths[n]) : String(cell).padStart(widths[n]))).join('  '),
  );
}

const verdict = ({ met, target }, sign) => `target ${met ? 'met' : 'missed'} (${sign} ${target})`;

function acceptTable(accept) {
  const head = ['POST /v1/messages', 'device', 'clients', 'per second', 'p50 ms', 'p99 ms', 'CPU ms each'];
  const rows = accept.map((one) => [
    one.database,
    one.device,
    one.clients,
    one.perSecond,
    one.p50Ms,
    one.p99Ms,
    one.gatewayCpuMs,
  ]);
  return lines([head, ...rows]);
}

const HOW = { single: 'one a request', batch: 'a hundred a request' };

function wireTable({ database, one, batch, many }) {
  const head = [`on the wire (${database})`, 'chats', 'raw per second', 'gateway per second', 'ratio', ''];
  const row = (part) => [
    `${part.devices === 1 ? '1 device' : `${part.devices} devices`}, ${HOW[part.how]}`,
    part.chats,
    part.raw.perSecond,
    part.gateway.perSecond,
    part.ratio,
    verdict(part, '≥'),
  ];
  return lines([head, row(one), row(batch), row(many)]);
}

function memoryTable(memory) {
  const { few, many } = memory.devices;
  return lines([
    ['resident memory', `${few} devices`, `${many} devices`, 'per device', 'raw per session', ''],
    [
      'gateway, MiB',
      memory.gatewayMiB.few,
      memory.gatewayMiB.many,
      memory.perDeviceMiB,
      memory.rawPerSessionMiB,
      verdict(memory, '≤'),
    ],
  ]);
}

function restartTable(restart) {
  return lines([
    ['all devices back', 'raw s', 'gateway s', 'listening s', 'ratio', ''],
    [
      `${restart.devices} devices`,
      restart.rawSeconds,
      restart.gatewaySeconds,
      restart.gatewayListeningSeconds,
      restart.ratio,
      verdict(restart, '≤'),
    ],
  ]);
}

function fairnessTable(fairness) {
  const head = [
    'sends of one tenant',
    "the other's limits",
    'p99 ms quiet',
    'p99 ms flooded',
    'p99 ms flood elsewhere',
    'flood per second',
    'flooded to elsewhere',
    'ratio',
    '',
  ];
  const rows = fairness.map((one) => [
    one.database,
    one.limits,
    one.quietP99Ms,
    one.floodedP99Ms,
    one.controlP99Ms,
    Object.entries(one.floodPerSecond)
      .map(([status, n]) => `${status}: ${n}`)
      .join(', '),
    one.controlRatio,
    one.ratio,
    verdict(one, '≤'),
  ]);
  return lines([head, ...rows]);
}

function costTable(cost) {
  const head = ['wall and books', 'per second with', 'without', 'ratio', 'CPU ms with', 'without', 'ratio'];
  const rows = cost.map((one) => [
    one.database,
    one.perSecond,
    one.withoutPerSecond,
    one.rateRatio,
    one.cpuMs,
    one.withoutCpuMs,
    one.cpuRatio,
  ]);
  return lines([head, ...rows]);
}

function mediaTable({ megabytes, rounds, up, sent, down, ...goal }) {
  const head = [`${megabytes} MB`, 'up', 'sent and received', 'down', ''];
  const last = rounds.at(-1);
  return lines([
    head,
    ['memory grew, MiB', up, sent, down, verdict(goal, '<')],
    ['seconds', last.up.seconds, last.sent.seconds, last.down.seconds, ''],
  ]);
}

function historyTable({ small, large, rows }) {
  const head = ['history', `${small} messages, ms`, `${large} messages, ms`, 'ratio', ''];
  return lines([head, ...rows.map((row) => [row.name, row.smallMs, row.largeMs, row.ratio, verdict(row, '≤')])]);
}

function historySyncTable(rows) {
  const head = ['sends while history is stored', 'p99 ms quiet', 'while it syncs', 'ratio', 'seconds', ''];
  return lines([
    head,
    ...rows.map((row) => [row.database, row.quietP99Ms, row.syncingP99Ms, row.ratio, row.seconds, verdict(row, '≤')]),
  ]);
}

function eventsTable(rows) {
  const head = ['events', 'read a second', 'streams', 'sent a second', 'p50 ms', 'p99 ms', 'CPU µs each'];
  const row = ({ database, pull, stream }) => [
    database,
    pull,
    stream.readers,
    stream.perSecond,
    stream.p50Ms,
    stream.p99Ms,
    stream.cpuMicrosEach,
  ];
  return lines([head, ...rows.map(row)]);
}

function webhooksTable(rows) {
  const bulk = rows.flatMap(({ database, throughput }) =>
    throughput.map((one) => [
      `${database}, ${one.deliveries} to ${one.endpoints}`,
      one.perSecond,
      one.perCoreSecond,
      one.cpuMsEach,
    ]),
  );
  return [
    ...lines([
      ['message on the wire to webhook', 'a second', 'p50 ms', 'p99 ms', 'CPU ms each'],
      ...rows.map(({ database, inbound: one }) => [database, one.perSecond, one.p50Ms, one.p99Ms, one.cpuMsEach]),
    ]),
    '',
    ...lines([
      ['healthy endpoints', 'of', 'p99 ms', 'hanging', 'p99 ms beside them', 'ratio', ''],
      ...rows.map(({ database, hanging: one }) => [
        database,
        one.endpoints,
        one.p99Ms,
        one.hanging,
        one.p99BesideHangingMs,
        one.ratio,
        verdict(one, '≤'),
      ]),
    ]),
    '',
    ...lines([['deliveries', 'a second', 'a second of CPU', 'CPU ms each'], ...bulk]),
  ];
}

/** Prints every part of a report as a table on stdout. */
export function printTable(report) {
  const { cpu, cores, memoryGiB, node } = report.machine;
  const blocks = [
    [
      `${cpu}, ${cores} cores, ${memoryGiB} GiB, Node.js ${node}; load ${report.loadAtStart} at the start${report.quick ? '; --quick' : ''}`,
    ],
    ...(report.accept ? [acceptTable(report.accept)] : []),
    ...(report.wire ? [wireTable(report.wire)] : []),
    ...(report.memory ? [memoryTable(report.memory)] : []),
    ...(report.restart ? [restartTable(report.restart)] : []),
    ...(report.fairness ? [fairnessTable(report.fairness)] : []),
    ...(report.cost ? [costTable(report.cost)] : []),
    ...(report.history ? [historyTable(report.history)] : []),
    ...(report.media ? [mediaTable(report.media)] : []),
    ...(report.events ? [eventsTable(report.events)] : []),
    ...(report.webhooks ? [webhooksTable(report.webhooks)] : []),
    ...(report.historySync ? [historySyncTable(report.historySync)] : []),
  ];
  process.stdout.write(`\n${blocks.map((block) => block.join('\n')).join('\n\n')}\n`);
}
