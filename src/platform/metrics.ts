import type * as Prometheus from 'prom-client'
import type { Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Config } from './config.ts'

/** One answered request. All of it is bounded: what a client makes up never becomes a label. */
export interface RequestMeasure {
  /** The pattern of a path, never the path. */
  readonly route: string
  readonly method: string
  readonly status: number
  readonly seconds: number
}

/** One run of a flow, once it is over. */
export interface RunMeasure {
  /** `OK`, or the code of the failure. */
  readonly outcome: string
  readonly seconds: number
  readonly tokens: { readonly input: number; readonly output: number }
}

/** What is read at the moment somebody looks. */
export interface Readings {
  /** Runs of flows under way here. */
  runs(): number
  /** Connections to the database; null where there is no pool. */
  pool(): Promise<PoolReading | null>
}

export interface PoolReading {
  readonly open: number
  readonly idle: number
  /** Requests that wait for a connection. */
  readonly waiting: number
}

/** Counts what happens. Never waits and never throws. */
export interface Metrics {
  request(measure: RequestMeasure): void
  run(measure: RunMeasure): void
  /** All of it in the text format of Prometheus. */
  text(): Promise<string>
  readonly contentType: string
}

/** For servers whose metrics nobody may read. */
export const noMetrics: Metrics = {
  request: () => undefined,
  run: () => undefined,
  text: () => Promise.resolve(''),
  contentType: 'text/plain; charset=utf-8',
}

export type MakeMetrics = (readings: Readings) => Metrics

/** What counts; its library is loaded only where somebody may read the metrics. */
export async function loadMetrics({ metrics }: Pick<Config, 'metrics'>): Promise<MakeMetrics> {
  if (metrics.token === null && metrics.port === null) return () => noMetrics
  const prometheus = await import('prom-client')
  return (readings) => createMetrics(prometheus, readings)
}

function createMetrics(prometheus: typeof Prometheus, readings: Readings): Metrics {
  const registry = new prometheus.Registry()
  prometheus.collectDefaultMetrics({ register: registry })
  const instruments = createInstruments(prometheus, registry)
  addReadings(prometheus, { registry, readings })
  return {
    request({ route, method, status, seconds }) {
      const labels = { route, method, status: `${Math.floor(status / 100)}xx` }
      instruments.requests.inc(labels)
      instruments.requestSeconds.observe(seconds)
      if (status >= 500) instruments.faults.inc({ status: String(status) })
    },
    run({ outcome, seconds, tokens }) {
      instruments.predictions.inc({ outcome })
      instruments.predictionSeconds.observe(seconds)
      instruments.tokens.inc({ kind: 'input' }, tokens.input)
      instruments.tokens.inc({ kind: 'output' }, tokens.output)
    },
    text: () => registry.metrics(),
    contentType: registry.contentType,
  }
}

interface Instruments {
  readonly requests: Counter<'route' | 'method' | 'status'>
  readonly requestSeconds: Histogram
  readonly faults: Counter<'status'>
  readonly predictions: Counter<'outcome'>
  readonly predictionSeconds: Histogram
  readonly tokens: Counter<'kind'>
}

/** A histogram for each route would be a thousand series: how long which route takes is in the log. */
function createInstruments(prometheus: typeof Prometheus, registry: Registry): Instruments {
  const registers = [registry]
  return {
    requests: new prometheus.Counter({
      name: 'flowgate_http_requests_total',
      help: 'Requests answered, by route, method and class of status.',
      labelNames: ['route', 'method', 'status'],
      registers,
    }),
    requestSeconds: new prometheus.Histogram({
      name: 'flowgate_http_request_duration_seconds',
      help: 'Time from the request to its answer; of a streamed one, to its first byte.',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    faults: new prometheus.Counter({
      name: 'flowgate_http_faults_total',
      help: 'Answers of 500 and above, by status.',
      labelNames: ['status'],
      registers,
    }),
    predictions: new prometheus.Counter({
      name: 'flowgate_predictions_total',
      help: 'Runs of flows, by how they ended: OK, or the code of the failure.',
      labelNames: ['outcome'],
      registers,
    }),
    predictionSeconds: new prometheus.Histogram({
      name: 'flowgate_prediction_duration_seconds',
      help: 'Time a run of a flow took.',
      buckets: [0.01, 0.05, 0.25, 1, 2.5, 5, 10, 30, 60, 120, 300],
      registers,
    }),
    tokens: new prometheus.Counter({
      name: 'flowgate_tokens_total',
      help: 'Tokens that models say they read (input) and wrote (output).',
      labelNames: ['kind'],
      registers,
    }),
  }
}

function addReadings(
  prometheus: typeof Prometheus,
  { registry, readings }: { registry: Registry; readings: Readings },
): void {
  const registers = [registry]
  const runs: Gauge = new prometheus.Gauge({
    name: 'flowgate_runs_active',
    help: 'Runs of flows under way.',
    registers,
    collect: () => runs.set(readings.runs()),
  })
  const connections: Gauge<'state'> = new prometheus.Gauge({
    name: 'flowgate_database_connections',
    help: 'Database connections that are busy or idle, and requests waiting for one.',
    labelNames: ['state'],
    registers,
    async collect() {
      const reading = await readings.pool()
      if (!reading) return
      connections.set({ state: 'busy' }, reading.open - reading.idle)
      connections.set({ state: 'idle' }, reading.idle)
      connections.set({ state: 'waiting' }, reading.waiting)
    },
  })
}
