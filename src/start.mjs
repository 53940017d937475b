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
const extension = import.meta.url.endsWith('.mjs') ? await entryExtension() : 'js'
const { main } = await import(`./main.${extension}`)
await main()

/** The sources run as they are; a build holds plain JavaScript under the same names. */
async function entryExtension() {
  const { existsSync } = await import('node:fs')
  return existsSync(new URL('./main.ts', import.meta.url)) ? 'ts' : 'js'
}
