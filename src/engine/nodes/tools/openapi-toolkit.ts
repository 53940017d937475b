import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anything, bool, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { isRecord, parseJson } from '../../text/paths.ts'
import { callHttp, headersFrom } from '../../tools/http-call.ts'
import { openApiTools } from '../../tools/openapi.ts'

/** An OpenAPI document, in the flow or at an address: each operation is a tool. */
export const openAPIToolkit = defineNode({
  name: 'openAPIToolkit',
  label: 'OpenAPI Toolkit',
  version: 2,
  category: 'Tools',
  description: 'Makes a tool of every operation of an OpenAPI document.',
  credential: 'openAPIAuth',
  inputs: {
    inputType: text(),
    openApiFile: text(),
    yamlFile: text(),
    openApiLink: text({ endpoint: true }),
    selectedServer: text({ endpoint: true }),
    headers: anything({ secret: true, acceptVariable: true }),
    returnDirect: bool({ default: false }),
  },
  build: async (inputs, context): Promise<readonly Tool[]> => {
    const file = inputs.openApiFile || inputs.yamlFile
    const { headers, selectedServer, returnDirect } = inputs
    const drawn = headersFrom(typeof headers === 'string' ? parseJson(headers) : headers)
    const { openAPIToken = '' } = await context.credential()
    const token = openAPIToken === '' ? {} : { authorization: `Bearer ${openAPIToken}` }
    for (const secret of Object.values(drawn)) context.conceal(secret)
    try {
      const source = file === '' ? await download(inputs.openApiLink, context) : decoded(file)
      return openApiTools(await readDocument(source), {
        fetch: context.ports.fetch,
        headers: { ...token, ...drawn },
        returnDirect,
        ...(URL.canParse(selectedServer) ? { server: selectedServer } : {}),
      })
    } catch (error) {
      if (!(error instanceof Failure)) throw error
      throw new Failure(
        error.code,
        `The node ${nodeTitle(context.node)} cannot run: ${error.message}`,
      )
    }
  },
})

async function download(link: string, { ports, signal }: NodeContext): Promise<string> {
  return callHttp(ports.fetch, { url: link, method: 'GET', headers: {}, signal })
}

/** A data URI as the canvas stores files, or the text itself. */
function decoded(file: string): string {
  const base64 = /^data:[^,]*;base64,([^,]*)/.exec(file)?.[1]
  return base64 === undefined ? file : Buffer.from(base64, 'base64').toString('utf8')
}

async function readDocument(source: string): Promise<Readonly<Record<string, unknown>>> {
  const { parse } = await import('yaml')
  try {
    // JSON is YAML. Aliases are few in such documents; a bomb of them ends here.
    const document: unknown = parse(source, { maxAliasCount: 100 })
    if (isRecord(document)) return document
  } catch {
    // Told below.
  }
  throw new Failure('UNPROCESSABLE', 'The OpenAPI document is neither JSON nor YAML.')
}
