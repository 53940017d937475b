import { createHash } from 'node:crypto'
import { missing } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { anything, bool, code, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { namingNode } from '../../node/naming.ts'
import { parseLoose } from '../../text/json.ts'
import { secretsOfHeaders } from '../../text/named-secrets.ts'
import { codeText, runUserCode } from '../../tools/code.ts'
import { headersFrom } from '../../tools/http-call.ts'
import { readOpenApi } from '../../tools/openapi-document.ts'
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
    // A document names the server, to which headers and token go.
    openApiFile: text({ endpoint: true }),
    yamlFile: text({ endpoint: true }),
    openApiLink: text({ endpoint: true }),
    selectedServer: text({ endpoint: true }),
    headers: anything({ secret: true, acceptVariable: true }),
    selectedEndpoints: anything(),
    returnDirect: bool({ default: false }),
    removeNulls: bool({ default: false }),
    customCode: code(),
  },
  check: ({ openApiFile, yamlFile, openApiLink }, node) => {
    if (!openApiFile && !yamlFile && !openApiLink) throw missing({ node }, 'an OpenAPI document')
  },
  build: async (inputs, context): Promise<readonly Tool[]> => {
    const file = inputs.openApiFile || inputs.yamlFile
    const { headers, selectedServer, returnDirect, removeNulls: removesNulls } = inputs
    const drawn = headersFrom(typeof headers === 'string' ? parseLoose(headers) : headers)
    const { openAPIToken = '' } = await context.credential()
    const token = openAPIToken === '' ? {} : { authorization: `Bearer ${openAPIToken}` }
    for (const secret of secretsOfHeaders(drawn)) context.conceal(secret)
    return namingNode(context.node, async () => {
      // The canvas keeps what was chosen before.
      const isLinked = file === '' || (inputs.inputType === 'link' && inputs.openApiLink !== '')
      const source = isLinked ? { link: inputs.openApiLink } : { file }
      const tools = openApiTools(await readOpenApi(source, context), {
        fetch: context.ports.fetch,
        headers: { ...token, ...drawn },
        returnDirect,
        removesNulls,
        wanted: namesIn(inputs.selectedEndpoints),
        ...(isPlain(inputs.customCode) ? {} : { runCode: callsBy(inputs.customCode, context) }),
        ...(URL.canParse(selectedServer) ? { server: selectedServer } : {}),
      })
      return tools.map((tool) => ({ ...tool, tellsFailure: true }))
    })
  },
})

/** The code with which the canvas begins does no more than make the call, and hides its failures. */
const canvasCode = '1f64c955736e975c8718f922eae81d27ab830bbc4a2429ad6261002d044cf374'

function isPlain(written: string): boolean {
  if (written.trim() === '') return true
  const digest = createHash('sha256').update(written.replaceAll(/\s/g, ''))
  return digest.digest('hex') === canvasCode
}

/** Calls as the author's code makes them, which gets `$url`, `$options` and the arguments. */
function callsBy(written: string, context: NodeContext) {
  return async (values: Readonly<Record<string, unknown>>, signal: AbortSignal) =>
    codeText(await runUserCode({ ...context, signal }, written, values))
}

function namesIn(selected: unknown): readonly string[] {
  const list = typeof selected === 'string' ? parseLoose(selected) : selected
  return Array.isArray(list) ? list.map(String) : []
}
