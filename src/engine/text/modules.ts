/** The modules that authors' code may ask for in the sandbox. */
const modules: ReadonlySet<string> = new Set([
  'node-fetch',
  'axios',
  '@langchain/core/messages',
  'crypto',
  'buffer',
  'url',
])

const stringsAndComments = /(["'`])(?:\\[\s\S]|(?!\1)[\s\S])*\1|\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/g

/** Why code cannot run here, as "needs …": a module it asks for. Undefined when it can. */
export function lackOf(code: string): string | undefined {
  if (!code.includes('require')) return undefined
  const said = code.replaceAll(stringsAndComments, (piece) => (piece.startsWith('/') ? '' : piece))
  const asked = [...said.matchAll(/\brequire\(\s*(["'`])([^"'`\n]+)\1\s*\)/g)]
  const names = asked
    .map(([, , name = '']) => name.replace(/^node:/, ''))
    .filter((name) => !modules.has(name))
  if (names.length === 0) return undefined
  const lacking = [...new Set(names)].join(', ')
  return `needs ${lacking}, and of modules code here has ${[...modules].join(', ')} only`
}
