/** A fetch that finds the hosts of the world at another address, and remembers what it was asked. */
export function detour(fetch: typeof globalThis.fetch, base: string) {
  const asked: URL[] = []
  const detoured: typeof globalThis.fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    asked.push(url)
    return fetch(new URL(`${url.pathname}${url.search}`, base), init)
  }
  return { asked, fetch: detoured }
}
