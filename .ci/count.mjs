import { readFileSync } from 'node:fs'
import process from 'node:process'

// Prints how many tests passed and failed. A file that could not run at all counts as one failure,
// and so does a run that wrote no result.
let passed = 0
let failed = 0
try {
  const results = JSON.parse(readFileSync(process.argv[2], 'utf8'))
  passed = results.numPassedTests
  const broken = results.testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  failed = results.numFailedTests + broken.length
  if (!results.success && failed === 0) failed = 1
  if (results.numPendingTests + results.numTodoTests > 0) {
    process.stdout.write(`${results.numPendingTests + results.numTodoTests} skipped\n`)
  }
} catch (error) {
  process.stdout.write(`vitest left no result: ${error.message}\n`)
  failed = 1
}
process.stdout.write(`${passed} passed, ${failed} failed\n`)
process.exitCode = failed > 0 ? 1 : 0
