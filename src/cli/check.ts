import { spawn } from 'node:child_process'
import process from 'node:process'

// Everything that must hold before a commit but the tests; goes on after a failure, so that one run
// tells all of it.
interface Step {
  readonly name: string
  readonly command: string
  /** Print what it says although it passed. */
  readonly tells?: true
}

const steps: readonly Step[] = [
  { name: 'types', command: 'tsc' },
  { name: 'lint', command: 'oxlint' },
  { name: 'format', command: 'oxfmt --check .' },
  { name: 'nothing unused', command: 'knip --no-progress --treat-config-hints-as-errors' },
  { name: 'published contracts', command: 'node src/cli/schema.ts --check' },
  { name: 'typed client', command: 'graphql-codegen --silent --config codegen.ts --check' },
  { name: 'breaking changes', command: 'node src/cli/released.ts', tells: true },
  { name: 'OpenAPI by Redocly', command: 'redocly lint --max-problems=50 schema/openapi.json' },
  {
    name: 'OpenAPI by Spectral',
    command: 'spectral lint --fail-severity=warn --quiet schema/openapi.json',
  },
  { name: 'tables of the README', command: 'node src/cli/readme.ts --check' },
]

// Redocly would call home, and look for a newer one of itself.
const quiet = { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }

let failed = 0
for (const step of steps) {
  const start = performance.now()
  const { passed, output } = await run(step.command)
  if (!passed) failed += 1
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  process.stdout.write(`${passed ? 'ok    ' : 'FAILED'} ${step.name} (${seconds} s)\n`)
  if (!passed || step.tells)
    process.stdout.write(`${output.trimEnd().replaceAll(/^(?=.)/gm, '       ')}\n`)
}
process.stdout.write(`check: ${steps.length - failed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0

function run(command: string): Promise<{ passed: boolean; output: string }> {
  // A shell, for npm puts the tools on the path as .cmd files on Windows.
  const child = spawn(command, {
    shell: true,
    env: { ...process.env, ...quiet },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const chunks: Buffer[] = []
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => {
      resolve({ passed: code === 0, output: Buffer.concat(chunks).toString() })
    })
  })
}
