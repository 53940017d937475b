import { expect, test } from 'vitest'
import { parseLoose } from '../../src/engine/text/json.ts'

test.each<[string, unknown]>([
  ['{"a": 1}', { a: 1 }],
  ['"a"', 'a'],
  ['true', true],
  ["{a: 'b', $c_1: [1, 2,],}", { a: 'b', $c_1: [1, 2] }],
  ["{'it': 'isn\\'t \"so\"'}", { it: 'isn\'t "so"' }],
  ['{"url": "http://x, y", // a comment\n "b": 2 /* and more */}', { url: 'http://x, y', b: 2 }],
  ['{"text": "a: b, c,}"}', { text: 'a: b, c,}' }],
  ['\\[\\{"a": "b"\\}\\]', [{ a: 'b' }]],
  ['{"a": "say \\"hi\\""}', { a: 'say "hi"' }],
])('%s is read', (text, value) => {
  expect(parseLoose(text)).toEqual(value)
})

test.each(['', 'words', 'a: 1', '{', '{"a": }', "{'a", '[1, 2'])('%j is no JSON', (text) => {
  expect(parseLoose(text)).toBeUndefined()
})

test.each(["{'", '{"', '{/*', '{a', '[\\[', '{a:'])('many %j take no time', (piece) => {
  const began = performance.now()
  parseLoose(`{${piece.repeat(100_000)}`)
  expect(performance.now() - began).toBeLessThan(1000)
})
