import { loadavg } from 'node:os'
import process from 'node:process'
import { parseArgs } from 'node:util'
import { benchBoot } from './boot.ts'
import { inLab } from './lab.ts'
import { benchPredictions } from './predictions.ts'
import { benchQuality } from './quality.ts'
import { benchRequests } from './requests.ts'
import { benchVectors } from './vectors.ts'

// Flowgate beside the least there is to the same work, with everything on: row-level security,
// authentication, a log line a request. Ratios mean something; the rest hangs on the machine.

const parts = {
  boot: benchBoot,
  requests: benchRequests,
  predictions: benchPredictions,
  vectors: benchVectors,
  quality: benchQuality,
}

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '4' },
    profile: { type: 'string' },
    only: { type: 'string', default: Object.keys(parts).join(',') },
  },
})

const wanted = options.only.split(',')
const unknown = wanted.find((name) => !Object.hasOwn(parts, name))
if (unknown !== undefined) {
  process.stderr.write(
    `There is no part "${unknown}"; there are: ${Object.keys(parts).join(', ')}.\n`,
  )
  process.exit(1)
}

console.log(`Load of this machine before the bench: ${loadavg()[0]?.toFixed(1)}`)
const { profile } = options
const how = { rounds: Number(options.rounds), seconds: Number(options.seconds) }
for (const [name, bench] of Object.entries(parts)) {
  if (!wanted.includes(name)) continue
  console.log(`\n${name}`)
  await inLab({ ...how, ...(profile !== undefined && { profile }) }, bench)
}
