import { defineNode } from '../../node/define.ts'
import { anything, bool, text } from '../../node/inputs.ts'
import type { Tool } from '../../node/instances.ts'
import { namingNode } from '../../node/naming.ts'
import { parseLoose } from '../../text/json.ts'
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
    returnDirect: bool({ default: false }),
  },
  build: async (inputs, context): Promise<readonly Tool[]> => {
    const file = inputs.openApiFile || inputs.yamlFile
    const { headers, selectedServer, returnDirect } = inputs
    const drawn = headersFrom(typeof headers === 'string' ? parseLoose(headers) : headers)
    const { openAPIToken = '' } = await context.credential()
    const token = openAPIToken === '' ? {} : { authorization: `Bearer ${openAPIToken}` }
    for (const secret of Object.values(drawn)) context.conceal(secret)
    return namingNode(context.node, async () => {
      const source = file === '' ? { link: inputs.openApiLink } : { file }
      const tools = openApiTools(await readOpenApi(source, context), {
        fetch: context.ports.fetch,
        headers: { ...token, ...drawn },
        returnDirect,
        ...(URL.canParse(selectedServer) ? { server: selectedServer } : {}),
      })
      return tools.map((tool) => ({ ...tool, tellsFailure: true }))
    })
  },
})
