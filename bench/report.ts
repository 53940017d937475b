import type { Measure } from './load.ts'

export interface Target {
  readonly met: boolean
  readonly wanted: string
}

/** One line of the report: what was measured, and whether that is good enough. */
export function line(what: string, measured: string, target?: Target): void {
  const mark = target ? `${target.met ? 'ok' : 'MISSED'}, target ${target.wanted}` : ''
  console.log(`${what.padEnd(40)}${measured.padEnd(68)}${mark}`.trimEnd())
}

export function atMost(value: number, most: number, unit: string): Target {
  return { met: value <= most, wanted: `≤ ${most} ${unit}` }
}

export function atLeast(value: number, least: number): Target {
  return { met: value >= least, wanted: `≥ ${least.toFixed(2)}` }
}

export function numbers({ perSecond, cpuMsPerRequest }: Measure): string {
  return `${Math.round(perSecond)} a second, ${cpuMsPerRequest.toFixed(2)} ms CPU each`
}

/** Prints a load beside its yardstick. */
export function compare(
  name: string,
  { ours, bare }: { readonly ours: Measure; readonly bare: Measure },
  least: number,
): void {
  const ratio = ours.perSecond / bare.perSecond
  const byCpu = bare.cpuMsPerRequest / ours.cpuMsPerRequest
  const text = `${numbers(ours)}, ${ratio.toFixed(2)} of bare (by CPU ${byCpu.toFixed(2)})`
  line(name, text, atLeast(ratio, least))
}

export function ms(time: number): string {
  return `${time < 10 ? time.toFixed(1) : Math.round(time)} ms`
}
