import type { NodeContext } from '../node/context.ts'
import type { ChatModel, Embedder } from '../node/instances.ts'
import { filled } from '../text/template.ts'
import { cosine } from './cosine.ts'
import { embedText } from './fill.ts'
import { gathered } from './gather.ts'
import { plainReading } from './loader.ts'
import { fetchPage } from './web.ts'

export interface Browsing {
  readonly url: string
  /** What is looked for; empty asks for a summary. */
  readonly task: string
  readonly model: ChatModel
  readonly embedder: Embedder
}

type World = Pick<NodeContext, 'ports' | 'signal'>

const splitter = { kind: 'splitter', way: 'recursive', chunkSize: 2000, chunkOverlap: 200 } as const
/** Pieces of a page that are looked at, and those that the model is shown. */
const most = { seen: 256, shown: 4 }

const summarise = 'Summarise this text of a web page:\n\n{text}'
const find =
  'From this text of a web page, tell what is asked for, and nothing that it does not hold.\n' +
  'Asked for: {task}\n\nText:\n{text}'

/** What a model makes of a page: its summary, or the parts of it that answer a question. */
export async function browse(
  { url, task, model, embedder }: Browsing,
  world: World,
): Promise<string> {
  const pieces = await piecesOf(url, world)
  const shown =
    task === ''
      ? pieces.slice(0, most.shown)
      : await nearest(pieces, { task, embedder, signal: world.signal })
  const values = { task, text: shown.join('\n\n') }
  const content = filled(task === '' ? summarise : find, values)
  const { signal } = world
  return (await model.ask({ messages: [{ role: 'user', content }], signal })).text
}

async function piecesOf(url: string, world: World): Promise<string[]> {
  const reading = { ...plainReading, kind: 'html' } as const
  const job = { files: [await fetchPage(url, world)], reading, splitter, metadata: {}, omit: [] }
  const documents = await gathered(world.ports.loadDocuments(job, world.signal))
  return documents.slice(0, most.seen).map(({ pageContent }) => pageContent)
}

interface Search {
  readonly task: string
  readonly embedder: Embedder
  readonly signal: AbortSignal
}

/** The pieces nearest to the task, in the order of the page. */
async function nearest(
  pieces: readonly string[],
  { task, embedder, signal }: Search,
): Promise<readonly string[]> {
  if (pieces.length <= most.shown) return pieces
  const wanted = await embedText(task, embedder, signal)
  const vectors = await embedder.embed(pieces, signal)
  const ranked = pieces
    .map((piece, at) => ({ piece, at, score: cosine(vectors[at] ?? [], wanted) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, most.shown)
  return ranked.sort((a, b) => a.at - b.at).map(({ piece }) => piece)
}
