import { loaded, loaderInputs, plainReading } from '../../documents/loader.ts'
import { defineNode, type NodeDefinition } from '../../node/define.ts'
import { json, text } from '../../node/inputs.ts'
import { resultsIn } from '../../tools/search-results.ts'
import { searchServices, type SearchService } from '../../tools/search-services.ts'
import { search } from '../../tools/search.ts'

/** The loaders, by the name of the service that they ask. */
const loaders: Readonly<Record<string, string>> = {
  searchAPI: 'searchApi',
  serpAPI: 'serpApi',
  braveSearchAPI: 'braveSearchApiLoader',
}

/** What a web search finds: one document a result. */
export const searchLoaders: readonly NodeDefinition[] = searchServices.flatMap((service) => {
  const name = loaders[service.name]
  return name === undefined ? [] : [loaderOf(name, service)]
})

function loaderOf(name: string, service: SearchService): NodeDefinition {
  const { label, credential } = service
  return defineNode({
    name,
    label: `${label} For Web Search`,
    version: 1,
    category: 'Document Loaders',
    description: `Loads what a web search finds: ${label}.`,
    ...(credential === undefined ? {} : { credential }),
    inputs: {
      ...loaderInputs,
      query: text({ acceptVariable: true }),
      customParameters: json(),
    },
    build: async (inputs, context) => {
      const { query, customParameters: parameters } = inputs
      const files = async () => {
        const results = resultsIn(await search(service, { query, parameters }, context))
        return results
          .filter(({ words }) => words.trim() !== '')
          .map(({ title, link, words }) => ({
            name: '',
            mime: 'text/plain',
            bytes: Buffer.from(words),
            origin: link === '' ? null : link,
            metadata: { title, link },
          }))
      }
      return loaded(inputs, { files, reading: { ...plainReading, kind: 'text' } }, context)
    },
  })
}
