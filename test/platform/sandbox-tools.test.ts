import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { createSandbox } from '../../src/platform/workers/sandbox.ts'

const folder = new URL('../../../shared/flows/tools/', import.meta.url)
const isThere = existsSync(folder)
const files = isThere ? readdirSync(folder).filter((name) => name.endsWith('.json')) : []

interface Tool {
  readonly func: string
  readonly schema: string
}

const asked: string[] = []
const sandbox = createSandbox({
  async fetch(input, init) {
    const url = typeof input === 'string' ? input : ''
    asked.push(`${init?.method} ${url}`)
    // The one tool whose address is only a placeholder is refused, as it would be in earnest.
    if (!URL.canParse(url)) throw new TypeError('Invalid URL')
    return Response.json({ answer: 'fake' })
  },
})
afterAll(() => sandbox.close())

function toolOf(file: string): { func: string; variables: Record<string, string> } {
  const { func, schema } = JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Tool
  const properties = JSON.parse(schema) as { property: string }[]
  const pairs = properties.map(({ property }) => [`$${property}`, `value of ${property}`])
  return { func, variables: Object.fromEntries(pairs) }
}

const dateResult = expect.stringMatching(
  /\w+day,? \d+ \w+ \d{4} at \d+:\d\d:\d\d [ap]m.*Australia.Sydney/,
)

/** What a tool must have asked for, and what it then returns. */
function expectedOf(func: string): { requests: number; value: unknown } {
  if (!func.includes('node-fetch')) {
    return { requests: 0, value: dateResult }
  }
  const isPlaceholder = func.includes("webhookUrl = 'YOUR-WEBHOOK-URL'")
  return { requests: 1, value: isPlaceholder ? '' : '{"answer":"fake"}' }
}

const reason = isThere ? '' : ' (skipped: there is no folder of tools beside the repository)'

describe.skipIf(!isThere)(`tools people exchange${reason}`, () => {
  test.each(files)('%s', async (file) => {
    asked.length = 0
    const { func, variables } = toolOf(file)
    const { value } = await sandbox.run({ code: func, variables })
    expect({ requests: asked.length, value }).toEqual(expectedOf(func))
  })
})
