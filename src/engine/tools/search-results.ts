import { dig, isRecord } from '../text/paths.ts'

/** Where services put their results. */
const places = [['organic_results'], ['organic'], ['items'], ['web', 'results'], ['results']]
const most = 8

/** What a search service found, as lines a model can read: a direct answer, then title, link, text. */
export function resultsText(answer: unknown): string {
  const direct = directAnswer(answer)
  const lists = places.map((path) => dig(answer, path))
  const found = lists.find((list): list is unknown[] => Array.isArray(list) && list.length > 0)
  const lines = (found ?? []).filter(isRecord).slice(0, most).map(lineOf)
  const text = [direct, ...lines].filter((line) => line !== '').join('\n')
  return text === '' ? 'No good search result found.' : text
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

function lineOf(result: Readonly<Record<string, unknown>>): string {
  const pick = (...names: string[]): string => {
    const texts = names.map((name) => result[name])
    return texts.find((text): text is string => typeof text === 'string' && text !== '') ?? ''
  }
  const words = pick('snippet', 'description', 'content', 'text')
  return [pick('title'), pick('link', 'url'), words].filter((part) => part !== '').join(' – ')
}
