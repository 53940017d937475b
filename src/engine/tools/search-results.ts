import { dig, isRecord } from '../text/paths.ts'

/** Where services put their results. */
const places = [['organic_results'], ['organic'], ['items'], ['web', 'results'], ['results']]

export interface SearchResult {
  readonly title: string
  readonly link: string
  readonly words: string
}

/** What a search service found, as lines a model can read: a direct answer, then title, link, text. */
export function resultsText(answer: unknown, most = 8): string {
  const direct = directAnswer(answer)
  const lines = resultsIn(answer)
    .slice(0, most)
    .map(({ title, link, words }) => [title, link, words].filter((part) => part !== '').join(' – '))
  const text = [direct, ...lines].filter((line) => line !== '').join('\n')
  return text === '' ? 'No good search result found.' : text
}

/** What a search service found, each with `''` for what it does not say. */
export function resultsIn(answer: unknown): SearchResult[] {
  const lists = places.map((path) => dig(answer, path))
  const found = lists.find((list): list is unknown[] => Array.isArray(list) && list.length > 0)
  return (found ?? []).filter(isRecord).map(resultOf)
}

function directAnswer(answer: unknown): string {
  const paths = [
    ['answer_box', 'answer'],
    ['answer_box', 'snippet'],
    ['answerBox', 'answer'],
    ['answerBox', 'snippet'],
    ['answer'],
    ['knowledge_graph', 'description'],
    ['knowledgeGraph', 'description'],
  ]
  const texts = paths.map((path) => dig(answer, path))
  return texts.find((text): text is string => typeof text === 'string' && text !== '') ?? ''
}

function resultOf(result: Readonly<Record<string, unknown>>): SearchResult {
  const pick = (...names: string[]): string => {
    const texts = names.map((name) => result[name])
    return texts.find((text): text is string => typeof text === 'string' && text !== '') ?? ''
  }
  const words = pick('snippet', 'description', 'content', 'text')
  return { title: pick('title'), link: pick('link', 'url'), words }
}
