import { bounded } from '../graphql/bounds.ts'
import { idBounds, type ArgBuilder } from '../graphql/builder.ts'

const kind = bounded({ maxLength: 100 })
const config = bounded({ freeForm: true })

/** The arguments of adding, changing and previewing a loader. */
export function loaderArgs(arg: ArgBuilder) {
  return {
    storeId: arg.string({ required: true, description: 'The store.', ...idBounds }),
    id: arg.string({ description: 'A loader that is there already.', ...idBounds }),
    loaderId: arg.string({
      description: 'The kind of node that loads.',
      ...bounded({ maxLength: 100, example: 'plainText' }),
    }),
    loaderName: arg.string({
      description: 'What people will call it.',
      ...bounded({ maxLength: 500 }),
    }),
    loaderConfig: arg({
      type: 'JSON',
      description: 'Its inputs, an object or its JSON text; files as data URIs.',
      ...bounded({ freeForm: true, example: { text: 'Socks are returned within thirty days.' } }),
    }),
    splitterId: arg.string({ description: 'The kind of node that cuts.', ...kind }),
    splitterName: arg.string({
      description: 'What people will call that.',
      ...bounded({ maxLength: 500 }),
    }),
    splitterConfig: arg({ type: 'JSON', description: 'Its inputs.', ...config }),
    files: filesArg(arg),
  }
}

export function filesArg(arg: ArgBuilder) {
  return arg({
    type: ['JSON'],
    description:
      'Files for the loader, as {name, mime, data} with a data URI, or uploads of a form.',
    ...bounded({ maxItems: 1000 }),
  })
}

/** The arguments that say how vectors are made and where they are kept. */
export function vectorArgs(arg: ArgBuilder) {
  return {
    storeId: arg.string({ required: true, description: 'The store.', ...idBounds }),
    embeddingName: arg.string({ description: 'The kind of embeddings node.', ...kind }),
    embeddingConfig: arg({ type: 'JSON', description: 'Its inputs.', ...config }),
    vectorStoreName: arg.string({
      description: 'The kind of vector store; null: in this server.',
      ...kind,
    }),
    vectorStoreConfig: arg({ type: 'JSON', description: 'Its inputs.', ...config }),
    recordManagerName: arg.string({ description: 'The kind of record manager.', ...kind }),
    recordManagerConfig: arg({ type: 'JSON', description: 'Its inputs.', ...config }),
  }
}

/** The arguments of filling the vector store, of everything or of one loader. */
export function fillArgs(arg: ArgBuilder) {
  const docId = arg.string({ description: 'Only the chunks of this loader.', ...idBounds })
  return { ...vectorArgs(arg), docId }
}

/** The arguments of an upsert in one call. */
export function upsertArgs(arg: ArgBuilder) {
  const node = (what: string) =>
    arg({ type: 'JSON', description: `${what}, as {name, config}.`, ...config })
  return {
    id: arg.string({ required: true, description: 'The store.', ...idBounds }),
    docId: arg.string({
      description: 'A loader whose settings hold where none are given.',
      ...idBounds,
    }),
    replaceExisting: arg.boolean({
      description: 'That loader is changed, instead of another one added.',
    }),
    loader: node('The loader'),
    splitter: node('The splitter'),
    embedding: node('The embeddings of the store'),
    vectorStore: node('The vector store of the store'),
    recordManager: node('The record manager of the store'),
    metadata: arg({
      type: 'JSON',
      description: 'Added to the metadata of every chunk.',
      ...config,
    }),
    files: filesArg(arg),
  }
}
