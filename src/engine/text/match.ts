/** Index of the name that a text means: word for word, by its beginning, by a part; -1 for none. */
export function nearestName(text: string, names: readonly string[]): number {
  const said = normal(text)
  const known = names.map(normal)
  const tests: ((name: string) => boolean)[] = [
    (name) => name === said,
    (name) => name.startsWith(said) || (name !== '' && said.startsWith(name)),
    (name) => name.includes(said) || (name !== '' && said.includes(name)),
  ]
  const hits = said === '' ? [] : tests.map((test) => known.findIndex(test))
  return hits.find((index) => index !== -1) ?? -1
}

function normal(text: string): string {
  return text.trim().toLowerCase().replaceAll(/\s+/g, ' ')
}
