import { Failure } from '../../../core/errors.ts'
import { browse } from '../../documents/browse.ts'
import { defineNode } from '../../node/define.ts'
import { anchor } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { httpUrl } from '../../text/urls.ts'
import { argument } from '../../tools/schema.ts'

/** A page that a model reads for another one. */
export const webBrowser = defineNode({
  name: 'webBrowser',
  label: 'Web Browser',
  version: 1,
  category: 'Tools',
  description: 'Visits a page, and tells what is asked for or sums it up.',
  inputs: {
    model: anchor('chatModel'),
    embeddings: anchor('embedder'),
  },
  build: async ({ model, embeddings: embedder }, { ports }): Promise<Tool> => ({
    kind: 'tool',
    name: 'web-browser',
    description:
      'Useful to find something on a web page, or to sum one up. The input is the http URL and ' +
      'what to find there, between quotes and separated by a comma; nothing to find asks for a summary.',
    schema: {
      type: 'object',
      properties: { input: { type: 'string', description: '"https://…","what to find"' } },
      required: ['input'],
      additionalProperties: false,
    },
    run: async ({ input }, { signal }) => {
      const { address, task } = readInput(argument(input))
      const url = httpUrl(address)
      if (url === undefined) {
        throw new Failure('UNPROCESSABLE', 'The input does not begin with an http URL.')
      }
      return browse({ url, task, model, embedder }, { ports, signal })
    },
  }),
})

/** `"url","task"`; addresses with a comma have to be quoted. */
function readInput(input: string): { readonly address: string; readonly task: string } {
  const [, quoted, bare = '', rest = ''] =
    /^\s*(?:"([^"]*)"|([^,]*))\s*(?:,([^]*))?$/.exec(input) ?? []
  const task = rest.trim().replace(/^"([^]*)"$/, '$1')
  return { address: quoted ?? bare, task: task.trim() }
}
