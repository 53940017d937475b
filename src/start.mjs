import { fileURLToPath } from 'node:url'

// Plain JavaScript, so that a Node too old for the rest can still say so.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(
    `Flowgate needs Node 22.18 or newer, and this is ${process.versions.node}. ` +
      'On Linux and Windows "npm ci" brings its own; start with "npm start". ' +
      'On macOS, install a newer Node.\n',
  )
  process.exit(1)
}
// Compiled code and stripped types are kept between starts, where only whoever installed may write.
const { enableCompileCache } = await import('node:module')
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/flowgate', import.meta.url)))
const { main } = await import('./main.ts')
await main()
