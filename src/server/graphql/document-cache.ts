/** What was made of documents that came before. */
export interface DocumentCache<T> {
  get(document: string): T | undefined
  set(document: string, made: T): void
}

/** Characters of one document, and of all: what is made of them takes up to a hundred times as much. */
const most = { one: 10_000, all: 250_000 } as const

/** Counts what it keeps by its length, for anybody may send any number of long ones. */
export function createDocumentCache<T>(): DocumentCache<T> {
  /** The least lately used first. */
  const kept = new Map<string, T>()
  let characters = 0
  const forget = (document: string): void => {
    if (kept.delete(document)) characters -= document.length
  }
  const keep = (document: string, made: T): void => {
    kept.set(document, made)
    characters += document.length
  }
  return {
    get(document) {
      const made = kept.get(document)
      if (made === undefined) return undefined
      forget(document)
      keep(document, made)
      return made
    },
    set(document, made) {
      if (document.length > most.one) return
      forget(document)
      keep(document, made)
      for (const oldest of kept.keys()) {
        if (characters <= most.all) return
        forget(oldest)
      }
    },
  }
}
