import { ask, expose, type Pair, pairsOf, textOf } from './border.ts'

/** The thread parses and writes the text, so the rules of the URL standard hold. */
export class URLSearchParams {
  #pairs: Pair[]
  readonly #changed: (search: string) => void

  constructor(init?: unknown, changed: (search: string) => void = () => undefined) {
    this.#pairs = typeof init === 'string' ? ask('parseQuery', init) : pairsOf(init)
    this.#changed = changed
  }

  #change(pairs: Pair[]): void {
    this.#pairs = pairs
    this.#changed(this.toString())
  }

  append(name: string, value: unknown): void {
    this.#change([...this.#pairs, [name, String(value)]])
  }

  delete(name: string): void {
    this.#change(this.#pairs.filter(([key]) => key !== name))
  }

  set(name: string, value: unknown): void {
    const at = this.#pairs.findIndex(([key]) => key === name)
    const pair: Pair = [name, String(value)]
    if (at < 0) return this.#change([...this.#pairs, pair])
    const kept = this.#pairs.filter(([key], index) => key !== name || index === at)
    this.#change(kept.map((old) => (old[0] === name ? pair : old)))
  }

  sort(): void {
    this.#change(this.#pairs.toSorted(([a], [b]) => Number(a > b) - Number(a < b)))
  }

  get(name: string): string | null {
    return this.getAll(name)[0] ?? null
  }

  getAll(name: string): string[] {
    return this.#pairs.filter(([key]) => key === name).map(([, value]) => value)
  }

  has(name: string): boolean {
    return this.#pairs.some(([key]) => key === name)
  }

  get size(): number {
    return this.#pairs.length
  }

  forEach(call: (value: string, name: string) => void): void {
    for (const [name, value] of this.#pairs) call(value, name)
  }

  keys(): Iterator<string> {
    return this.#pairs.map(([name]) => name).values()
  }

  values(): Iterator<string> {
    return this.#pairs.map(([, value]) => value).values()
  }

  entries(): Iterator<Pair> {
    return this.#pairs.values()
  }

  [Symbol.iterator](): Iterator<Pair> {
    return this.#pairs.values()
  }

  toString(): string {
    return ask('writeQuery', this.#pairs)
  }
}

/** A `URL` whose parts the thread reads from its text; setting one lets the thread write it anew. */
export class URL {
  declare href: string
  declare search: string
  #searchParams: { readonly params: URLSearchParams; readonly search: string } | undefined

  static canParse(input: unknown, base?: unknown): boolean {
    try {
      return new URL(input, base) instanceof URL
    } catch {
      return false
    }
  }

  constructor(input: unknown, base?: unknown) {
    const from = base === undefined ? undefined : textOf(base)
    let parts = ask('url', { input: String(input), base: from })
    for (const name of Object.keys(parts)) {
      Object.defineProperty(this, name, {
        enumerable: true,
        get: () => parts[name],
        set: (value) => {
          parts = ask('url', { input: this.href, set: { part: name, value: String(value) } })
        },
      })
    }
  }

  get searchParams(): URLSearchParams {
    if (this.#searchParams?.search !== this.search) {
      const changed = (search: string): void => {
        this.search = search
        this.#searchParams = { params, search: this.search }
      }
      const params = new URLSearchParams(this.search, changed)
      this.#searchParams = { params, search: this.search }
    }
    return this.#searchParams.params
  }

  toString(): string {
    return this.href
  }

  toJSON(): string {
    return this.href
  }
}

export function installUrl(): void {
  expose({ URL, URLSearchParams })
}
