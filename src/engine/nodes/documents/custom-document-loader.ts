import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { code, json } from '../../node/inputs.ts'
import type { Documents, LoadedDocument } from '../../node/instances.ts'
import { caps } from '../../node/load-job.ts'
import { isRecord } from '../../text/paths.ts'
import { codeText, runUserCode } from '../../tools/code.ts'

/** Documents, or a text, that the author's code makes in the sandbox. */
export const customDocumentLoader = defineNode({
  name: 'customDocumentLoader',
  label: 'Custom Document Loader',
  version: 1,
  category: 'Document Loaders',
  description: 'Runs JavaScript that returns documents: `[{ pageContent, metadata }]`.',
  inputs: {
    functionInputVariables: json({ acceptVariable: true }),
    javascriptFunction: code(),
  },
  build: async ({ functionInputVariables, javascriptFunction }, context) => {
    const made = () => runUserCode(context, javascriptFunction, functionInputVariables)
    if (context.node.output === 'text') return codeText(await made())
    const documents: Documents = {
      kind: 'documents',
      async *load() {
        yield documentsOf(await made(), context)
      },
    }
    return documents
  },
})

function documentsOf(value: unknown, { node }: NodeContext): readonly LoadedDocument[] {
  const refuse = (why: string) =>
    new Failure('UNPROCESSABLE', `The code of ${nodeTitle(node)} must return ${why}.`)
  if (!Array.isArray(value)) throw refuse('a list of documents')
  if (value.length > caps.documents) throw refuse(`at most ${caps.documents} documents`)
  return value.map((document: unknown) => {
    const { pageContent, metadata } = isRecord(document) ? document : {}
    if (typeof pageContent === 'string' && isRecord(metadata)) {
      return { pageContent, metadata, origin: null }
    }
    throw refuse('documents that have a pageContent and metadata')
  })
}
