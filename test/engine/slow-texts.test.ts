import { describe, expect, test } from 'vitest'
import { createSecrets } from '../../src/engine/text/secrets.ts'
import { aside } from './aside.ts'

/**
 * Texts that once stopped the whole server: each made a regular expression on the main thread go
 * through them again from every character, or worse. One that does so again runs out of its time.
 */
const length = 200_000
const limit = { timeout: 5000 }

const long = (piece: string, times = 1) => piece.repeat(Math.ceil((times * length) / piece.length))

describe('modules that code asks for', limit, () => {
  const ask = "require('fs')"
  const lackOf = (code: string) => aside('text/modules.ts', 'lackOf', code)

  test.each<[string, string]>([
    ['escapes after a quote', `"${long('\\\\')}`],
    ['escapes after a regular expression with a quote', `const a = /'/; '${long('\\n')}`],
    ['escapes in a template', `\`${long('\\`')}`],
    ['escaped quotes', long("\\'")],
    ['what may precede regular expressions', long('= ')],
    ['regular expressions that never close', long('(/[')],
    ['comments that never close', long('/ *')],
    ['quotes', long("'")],
    ['blanks in a call', `require(${long(' ')}`],
  ])('are found beside %s', async (_name, text) => {
    expect(await lackOf(`${ask}\n${text}`)).toMatch(/^needs fs,/)
  })

  test.each([
    ["a = /'/; get('http://a'); require('fs')"],
    ["return /[/']/.test(b) ? 'http://a' : require('fs')"],
    ["a = b / c; get('http://a/'); require('fs')"],
    ["a = 'one \\\n // two'; require('fs')"],
    ['a = `\n// ${require("fs")}`'],
    ["a = b /* ' */ + require('fs')"],
  ])('are found in %s', async (code) => {
    expect(await lackOf(code)).toMatch(/^needs fs,/)
  })

  test.each([
    ["a = /'/ // require('fs')"],
    ["a = b / 2 // it's require('fs')"],
    ["a = ( // require('fs')\n 1)"],
    ["a = ' // it never closes\n// require('fs')"],
    ["a = 'http://b' /* require('fs') */"],
    ["a = '\\\\' // require('fs')"],
  ])('are none in the comment of %s', async (code) => {
    expect(await lackOf(code)).toBeUndefined()
  })
})

describe('Markdown of what the editor keeps', limit, () => {
  const markdownOf = (html: string) => aside('text/markdown.ts', 'markdownOf', html)

  test.each<[string, string, string]>([
    ['blanks', `<p>a${long(' ')}b</p>`, `a${long(' ')}b`],
    ['lines', `<p>a${long(' \n')}b</p>`, 'a b'],
    [
      'items',
      `<ul>${long('<li>x</li>')}</ul>`,
      long('- x\n')
        .slice(0, length * 0.4)
        .trim(),
    ],
  ])('is made of many %s', async (_name, html, text) => {
    expect(await markdownOf(html)).toBe(text)
  })

  test('indents lists within lists up to a depth', async () => {
    const text = String(await markdownOf(long('<ul><li>x')))
    const lines = text.split('\n')
    expect(lines.slice(0, 3)).toEqual(['- x', '  - x', '    - x'])
    expect(lines.at(-1)).toBe(`${'  '.repeat(100)}- x`)
  })

  test('keeps blanks within lines', async () => {
    expect(await markdownOf('<p>a  b \n\t c\td</p><pre>e \n f</pre>')).toBe(
      'a  b c\td\n\n```\ne \n f\n```',
    )
  })
})

describe('secrets in what authors drew', limit, () => {
  const cleaned = (text: string) => aside('flow/drawn-secrets.ts', 'withoutSecretTexts', text)

  test.each<[string, string]>([
    ['question marks', long('?')],
    ['names', long('&a')],
    ['escaped quotes', `{${long('\\"')}`],
    ['names with escaped quotes', `{"${long('\\"a\\":')}`],
  ])('are looked for beside %s', async (_name, text) => {
    const end = '\n?api_key=abc&a=b {"password": "x"}'
    const isJson = text.startsWith('{')
    const clean = `\n?api_key=&a=b {"password": "${isJson ? '' : 'x'}"}`
    expect(await cleaned(text + end)).toBe(text + (isJson ? clean.replace(': "', ': "') : clean))
  })

  test('are not looked for in rows that nest without end', async () => {
    const text = `[{"a":${long('[')}${long(']')}}]`
    expect(await cleaned(text)).toBe(text)
  })
})

test('long secrets are taken out of long messages', limit, () => {
  const secrets = createSecrets()
  secrets.add(`${long('abcdefghijkl-01234567890 ')}!`)
  const text = long('abcdefghijkl ')
  expect(secrets.scrub(text)).toBe(text.replaceAll('abcdefghijkl', '[redacted]'))
})

describe('JSON in texts', limit, () => {
  test('is found after a fence that never closes', async () => {
    const text = `\`\`\`${long(' ', 2)}{"a":1}`
    expect(await aside('text/json.ts', 'findJson', text)).toEqual({ a: 1 })
  })

  test.each(['```json\n {"a":1} \n```', '```{"a":1}```', 'so:\n```JSON   {"a":1}```{'])(
    'is found in %j',
    async (text) => {
      expect(await aside('text/json.ts', 'findJson', text)).toEqual({ a: 1 })
    },
  )

  test.each<[string, string]>([
    ['double quotes and half an escape', `["${long('\\"')}\\`],
    ['single quotes and half an escape', `['${long("\\'")}\\`],
    ['brackets', long('[') + long(']')],
  ])('is none with %s', async (_name, text) => {
    expect(await aside('text/json.ts', 'parseLoose', text)).toBeUndefined()
  })
})

describe('conditions', limit, () => {
  const plain = (text: string) => aside('steps/conditions.ts', 'withoutMarkdown', text)

  test.each(['[', '![', '[a](', '[a]['])('compare a text of %s', async (piece) => {
    expect(await plain(`[a](b) ${long(piece, 2)}`)).toBe(`a ${long(piece, 2)}`)
  })

  test.each([
    ['[a](b) ![c](d)', 'a c'],
    ['[a] [b](c)', '[a] b'],
    ['[a [b](c)', 'a [b'],
    ['[a]([b](c)', 'a'],
    ['[a](b', '[a](b'],
  ])('compare %s as %s', async (text, bare) => {
    expect(await plain(text)).toBe(bare)
  })

  const taken = async (variable: string) => {
    const rows = [{ variable, operation: 'Greater Than', value: '.5', output: 'more' }]
    const inputs = { conditionUI: JSON.stringify(rows) }
    const context = { node: { id: 'node', inputs }, state: { messages: [], values: {} } }
    return aside('turns/conditions.ts', 'takenOutput', context, '')
  }

  test('of teams compare a long text with a number', async () => {
    expect(await taken(`${long('1')}x`)).toBe('end')
  })

  test.each([
    ['1', 'more'],
    ['0.75', 'more'],
    ['.6', 'more'],
    ['-1.5', 'end'],
    ['1.', 'end'],
    ['1.2.3', 'end'],
  ])('of teams compare %s: %s', async (number, output) => {
    expect(await taken(number)).toBe(output)
  })

  test('of teams find what is behind a handle of many lines', async () => {
    const edges = [{ source: 'a', sourceHandle: `${long('-output-', 4)}\n-a-b`, target: 'b' }]
    expect(await aside('turns/conditions.ts', 'behind', edges, 'a', 'x')).toEqual([])
    const plainly = [{ source: 'a', sourceHandle: 'a-output-x y-Condition', target: 'b' }]
    expect(await aside('turns/conditions.ts', 'behind', plainly, 'a', 'X Y')).toEqual(['b'])
  })
})

describe('thoughts of models', limit, () => {
  test.each(['<think>', '<thinking>'])('stay where %s never closes', async (tag) => {
    expect(await aside('talk/sql.ts', 'queryIn', long(tag, 4))).toBe(long(tag, 4))
  })

  test('stay in an answer where they never close', async () => {
    const bare = (text: string) => aside('steps/tool-agent.ts', 'withoutThoughts', text)
    expect(await bare(long('<thinking>', 4))).toBe(long('<thinking>', 4))
    expect(await bare('<thinking>a</thinking>\n b<thinking>c</thinking> <thinking>')).toBe(
      'b<thinking>',
    )
  })

  test('do not hide a statement', async () => {
    const said = '<think>a</think>```sql\nSELECT 1```<thinking>b</thinking>'
    expect(await aside('talk/sql.ts', 'queryIn', said)).toBe('SELECT 1')
  })
})

describe('references and addresses', limit, () => {
  test.each([
    ['that never closes', `{{${long(' ')}`, `{{${long(' ')}`],
    ['to nothing', `{{${long(' ')}}}`, '$'],
    ['with blanks', '{{ $seqAgent_0 }}', '$seqAgent_0'],
    ['without a sign', '{{seqAgent_0}}', '$seqAgent_0'],
    ['within a text', 'say {{a}}', 'say {{a}}'],
  ])('a reference %s', async (_name, written, reference) => {
    expect(await aside('turns/state.ts', 'withoutBraces', written)).toBe(reference)
  })

  test.each([
    ['within', `${long('/')}x`, `${long('/')}x`],
    ['at its end', `x${long('/')}`, 'x'],
    ['everywhere', 'http://x/y/', 'http://x/y'],
  ])('an address with slashes %s', async (_name, address, bare) => {
    expect(await aside('text/urls.ts', 'withoutEndSlashes', address)).toBe(bare)
  })
})

describe('zod expressions', limit, () => {
  const refusalOf = async (text: string) => {
    try {
      return await aside('text/zod-text.ts', 'parseZod', text)
    } catch (error) {
      return String(error)
    }
  }

  test.each(['[', '{a:', 'z.array(', 'z.object({a:'])('of many %s are refused', async (piece) => {
    expect(await refusalOf(long(piece))).toMatch(/it has too many brackets within brackets$/)
  })

  test.each(['.optional()', '.min(1)', '.describe("a")', '.or(z.string())'])(
    'of many %s are refused',
    async (call) => {
      expect(await refusalOf(`z.string()${long(call)}`)).toMatch(
        /z\.string has too many methods called on it$/,
      )
    },
  )
})
