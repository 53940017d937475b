import { writeFile } from 'node:fs/promises'
import process from 'node:process'
import { contractFiles, contractUrl, driftedFiles } from './contract-files.ts'

// Writes the published contracts into schema/; with --check it only compares them with the code.
const drifted = await driftedFiles()

if (process.argv.includes('--check')) {
  if (drifted.length > 0) {
    const names = drifted.map((name) => `schema/${name}`).join(' and ')
    process.stderr.write(`${names} differ from the code: run npm run schema, and mind the diff.\n`)
    process.exitCode = 1
  }
} else {
  const files = contractFiles()
  await Promise.all(drifted.map((name) => writeFile(contractUrl(name), files[name] ?? '')))
  for (const name of drifted) process.stdout.write(`wrote schema/${name}\n`)
}
