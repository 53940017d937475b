import { z } from 'zod'
import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { missing } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { bool, code, text } from '../../node/inputs.ts'
import type { JsonSchema, Tool } from '../../node/instances.ts'
import type { StoredTool } from '../../node/ports.ts'
import { parseLoose } from '../../text/json.ts'
import { lackOf } from '../../text/modules.ts'
import { parseZod, ZodTextError } from '../../text/zod-text.ts'
import { codeText, runUserCode } from '../../tools/code.ts'
import { argumentsFor, toolName, toolSchema } from '../../tools/schema.ts'

/** A tool of the workspace: its code runs in the sandbox with the arguments as `$name`. */
export const customTool = defineNode({
  name: 'customTool',
  label: 'Custom Tool',
  version: 3,
  category: 'Tools',
  description: 'A tool that the workspace keeps.',
  inputs: {
    selectedTool: text(),
    returnDirect: bool({ default: false }),
    customToolName: text(),
    customToolDesc: text(),
    customToolSchema: text(),
    customToolFunc: code(),
  },
  build: async (inputs, context): Promise<Tool> => {
    const { name, description, func, ...stored } = await storedTool(inputs, context)
    const lack = lackOf(func ?? '')
    if (lack !== undefined) throw lacks(context, `its tool ${name} ${lack}`)
    const own = inputs.customToolSchema.trim()
    const isZod = own !== '' && parseLoose(own) === undefined
    const schema = isZod ? zodSchema(own, context) : toolSchema(own || stored.schema)
    return {
      kind: 'tool',
      name: toolName(inputs.customToolName || name),
      description: inputs.customToolDesc || description,
      schema,
      returnDirect: inputs.returnDirect,
      run: async (args, { signal }) => {
        const values = argumentsFor(schema, args)
        return codeText(await runUserCode({ ...context, signal }, func ?? '', values))
      },
    }
  },
})

function lacks({ node }: NodeContext, what: string): Failure {
  return new Failure('UNPROCESSABLE', `The node ${nodeTitle(node)} cannot run: ${what}.`)
}

/** What the node itself says of the arguments is a zod expression, where it is no JSON. */
function zodSchema(source: string, context: NodeContext): JsonSchema {
  try {
    const { $schema: _version, ...schema } = z.toJSONSchema(parseZod(source), {
      io: 'input',
      unrepresentable: 'any',
    })
    return schema
  } catch (error) {
    if (!(error instanceof ZodTextError)) throw error
    throw lacks(context, `its schema cannot be read: ${error.message}`)
  }
}

/** The tool chosen, or the one written into the node itself. */
async function storedTool(
  inputs: { readonly selectedTool: string; readonly customToolFunc: string },
  context: NodeContext,
): Promise<Omit<StoredTool, 'id'>> {
  const { selectedTool, customToolFunc: func } = inputs
  if (func !== '') return { name: context.node.label, description: '', schema: null, func }
  if (selectedTool === '') throw missing(context, 'a tool chosen in it')
  return context.ports.tool(selectedTool)
}
