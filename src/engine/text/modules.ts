/** The modules that authors' code may ask for in the sandbox. */
const modules: ReadonlySet<string> = new Set([
  'node-fetch',
  'axios',
  '@langchain/core/messages',
  'crypto',
  'buffer',
  'url',
])

/**
 * Strings, templates, regular expressions (after what one may follow, for a quote in one opens no
 * string) and comments. Each that begins is taken to its end, be it that of the line or of the text:
 * no text is gone through twice.
 */
const literalsAndComments = new RegExp(
  [
    /"(?:[^"\\\n]|\\[\s\S])*"?/,
    /'(?:[^'\\\n]|\\[\s\S])*'?/,
    /`(?:[^`\\]|\\[\s\S])*`?/,
    /(?:[=(,:;[{!&|?>]|\breturn\b)\s*\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\]?)*\/?/,
    /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** Why code cannot run here, as "needs …": a module it asks for. Undefined when it can. */
export function lackOf(code: string): string | undefined {
  if (!code.includes('require')) return undefined
  const said = code.replaceAll(literalsAndComments, (piece) => (piece.startsWith('/') ? '' : piece))
  const asked = [...said.matchAll(/\brequire\(\s*(["'`])([^"'`\n]+)\1\s*\)/g)]
  const names = asked
    .map(([, , name = '']) => name.replace(/^node:/, ''))
    .filter((name) => !modules.has(name))
  if (names.length === 0) return undefined
  const lacking = [...new Set(names)].join(', ')
  return `needs ${lacking}, and of modules code here has ${[...modules].join(', ')} only`
}
