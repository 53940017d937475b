import type { UpsertResult } from '../engine/node/result.ts'
import type { FieldBuilder } from '../graphql/builder.ts'

/** What every upsert tells, into whatever it went. */
export function upsertFields(t: FieldBuilder<UpsertResult>) {
  return {
    numAdded: t.exposeInt('numAdded', { description: 'Chunks added.' }),
    numUpdated: t.exposeInt('numUpdated', { description: 'Chunks replaced.' }),
    numSkipped: t.exposeInt('numSkipped', { description: 'Chunks that were there already.' }),
    numDeleted: t.exposeInt('numDeleted', { description: 'Chunks removed.' }),
    addedDocs: t.field({
      type: ['JSON'],
      description: 'The first of the added chunks, up to 1 MB, as {pageContent, metadata}.',
      resolve: ({ addedDocs }) => [...addedDocs],
    }),
    store: t.exposeString('store', {
      nullable: true,
      description: 'Where the chunks are: this server, or a service such as Pinecone.',
    }),
  }
}
