import { readFileSync } from 'node:fs'

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
    console.log(`${results.numPendingTests + results.numTodoTests} skipped`)
  }
} catch (error) {
  console.log(`vitest left no result: ${error.message}`)
  failed = 1
}
console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed > 0 ? 1 : 0
