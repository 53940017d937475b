import { expect, test } from 'vitest'
import { credentialKinds } from '../../src/credentials/kinds.ts'
import * as named from '../../src/engine/text/named-secrets.ts'
import { createSecrets } from '../../src/engine/text/secrets.ts'

test.each(credentialKinds)(
  'every secret field of $label is one, and what is open stays so',
  (kind) => {
    const found = named.secretsOfFields(
      Object.fromEntries(kind.inputs.map(({ name }) => [name, name])),
    )
    const secret = kind.inputs.filter(({ type }) => type === 'password').map(({ name }) => name)
    // The name of a header may be a key elsewhere.
    expect(found.filter((name) => name !== 'key')).toEqual(secret)
  },
)

test('headers that may give access, and not those that answers are full of', () => {
  const headers = { Accept: 'text/html', 'X-Title': 'My shop', Authorization: 'Bearer abc', X: 'y' }
  expect(named.secretsOfHeaders(headers)).toEqual(['Bearer abc', 'abc', 'y', 'y'])
})

test('keys in addresses and bodies', () => {
  const url = new URL('https://u:p%40ss@a.test/?q=socks&api_key=abc')
  expect(named.secretsOfUrl(url)).toEqual(['p%40ss', 'p@ss', 'abc'])
  const rows = [
    { key: 'password', value: 'def' },
    { key: 'name', value: 'socks' },
  ]
  expect(named.secretsOfData({ rows, deep: { accessToken: 'ghi', tokens: 3 } })).toEqual([
    'def',
    'ghi',
  ])
})

test('a secret goes out of data in whatever form, and everything else stays as it is', () => {
  const { add, redact } = createSecrets()
  const when = new Date()
  const data = { text: 'a p+ss"word b', list: ['p%2Bss%22word', 7, null, when] }
  expect(redact(data)).toBe(data)
  add('p+ss"word')
  expect(redact(data)).toEqual({ text: 'a [redacted] b', list: ['[redacted]', 7, null, when] })
  const key = Buffer.from('p+ss"word').toString('base64')
  expect(redact({ [key]: 'p+ss' })).toEqual({ '[redacted]': 'p+ss' })
})
