import { codeText, runUserCode } from '../code.ts'
import { bool, code, text } from '../inputs.ts'
import type { Tool } from '../instances.ts'
import { defineNode, type NodeContext } from '../node.ts'
import type { StoredTool } from '../ports.ts'
import { toolName, toolSchema } from '../tool-schema.ts'
import { missing } from './model-parts.ts'

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
    const { name, description, schema, func } = await storedTool(inputs, context)
    return {
      kind: 'tool',
      name: toolName(inputs.customToolName || name),
      description: inputs.customToolDesc || description,
      schema: toolSchema(inputs.customToolSchema || schema),
      returnDirect: inputs.returnDirect,
      run: async (args, { signal }) =>
        codeText(await runUserCode({ ...context, signal }, func ?? '', args)),
    }
  },
})

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
