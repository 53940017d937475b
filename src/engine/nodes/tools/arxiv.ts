import { Failure } from '../../../core/errors.ts'
import { gathered } from '../../documents/gather.ts'
import { plainReading } from '../../documents/loader.ts'
import { fetchPage } from '../../documents/web.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { bool, number, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { findPapers, type Paper } from '../../tools/arxiv.ts'
import { argument, toolName } from '../../tools/schema.ts'

type World = Pick<NodeContext, 'ports' | 'signal'>

/** Papers of arXiv: what they are about, or all that they say. */
export const arxiv = defineNode({
  name: 'arxiv',
  label: 'Arxiv',
  version: 1,
  category: 'Tools',
  description: 'Finds and reads papers of arXiv.',
  inputs: {
    arxivName: text({ default: 'arxiv_search' }),
    arxivDescription: text({
      default:
        'Finds papers of arXiv by words, authors or ids, and answers their summaries or what they say.',
    }),
    topKResults: number({ default: 3 }),
    maxQueryLength: number({ default: 300 }),
    docContentCharsMax: number({ default: 10_000 }),
    loadFullContent: bool({ default: false }),
    continueOnFailure: bool({ default: false }),
  },
  build: async (inputs, { ports }): Promise<Tool> => ({
    kind: 'tool',
    name: toolName(inputs.arxivName.toLowerCase()),
    description: inputs.arxivDescription,
    schema: {
      type: 'object',
      properties: {
        query: { type: 'string', description: 'Words, authors, or ids such as 2301.12345' },
      },
      required: ['query'],
      additionalProperties: false,
    },
    run: async ({ query }, { signal }) => {
      const most = Math.max(1, Math.min(Math.floor(inputs.topKResults), 50))
      const asked = { most, maxLength: inputs.maxQueryLength }
      const papers = await findPapers(argument(query), asked, { fetch: ports.fetch, signal })
      if (papers.length === 0) return 'No good Arxiv Result was found'
      const size = inputs.docContentCharsMax || Number.POSITIVE_INFINITY
      if (!inputs.loadFullContent) return papers.map(linesOf).join('\n\n').slice(0, size)
      const whole: string[] = []
      for (const paper of papers) {
        const said = await contentOf(paper, inputs.continueOnFailure, { ports, signal })
        whole.push(`${linesOf(paper)}\n\n${said}`.slice(0, size))
      }
      return whole.join('\n\n---\n\n')
    },
  }),
})

function linesOf({ published, title, authors, summary }: Paper): string {
  const lines = [`Published: ${published || 'Unknown'}`, `Title: ${title}`]
  return [...lines, `Authors: ${authors.join(', ')}`, `Summary: ${summary}`].join('\n')
}

async function contentOf(paper: Paper, isEasy: boolean, world: World): Promise<string> {
  try {
    return `Full Content:\n${await textOf(paper, world)}`
  } catch (error) {
    if (!isEasy || world.signal.aborted || !(error instanceof Failure)) throw error
    return `[The paper could not be read: ${error.message}]`
  }
}

/** A thread of its own reads it. */
async function textOf({ id }: Paper, { ports, signal }: World): Promise<string> {
  const file = await fetchPage(`https://arxiv.org/pdf/${id}`, { ports, signal })
  const reading = { ...plainReading, kind: 'pdf', perPage: false } as const
  const job = { files: [file], reading, metadata: {}, omit: [] }
  const documents = await gathered(ports.loadDocuments(job, signal))
  return documents.map(({ pageContent }) => pageContent).join('\n')
}
