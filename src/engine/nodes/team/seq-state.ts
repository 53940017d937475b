import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { StateField } from '../../node/turn.ts'
import { isRecord, isSafeKey, textOf } from '../../text/paths.ts'
import { runUserCode } from '../../tools/code.ts'
import { rowsOf } from '../../turns/state.ts'

/** The values that a sequence of agents shares. */
export const seqState = defineNode({
  name: 'seqState',
  label: 'State',
  version: 2,
  category: 'Sequential Agents',
  description: 'Names the values that agents share, and how they change.',
  inputs: { stateMemory: text() },
  build: async ({ stateMemory }, context) => {
    const { inputs, id } = context.node
    const tab = textOf(inputs[`selectedStateTab_${id}`]) || stateMemory
    const fields =
      tab === 'stateMemoryCode'
        ? await byCode(context)
        : rowsOf(inputs['stateMemoryUI']).map(toField)
    const named = fields.filter(({ key }) => key !== '' && isSafeKey(key) && key !== 'messages')
    return { kind: 'teamState', fields: named }
  },
})

function toField(row: Readonly<Record<string, unknown>>): StateField {
  const isList = textOf(row['type']) === 'Append'
  const given = row['defaultValue'] ?? ''
  const list = given === '' ? [] : [given].flat()
  return { key: textOf(row['key']).trim(), isList, initial: isList ? list : given }
}

/**
 * Code that returns `{key: {value, default}}`. Functions do not come out of the sandbox, so that a
 * key whose default is a list is one that is added to.
 */
async function byCode(context: NodeContext): Promise<StateField[]> {
  const code = textOf(context.node.inputs['stateMemoryCode'])
  if (code.trim() === '') return []
  // The defaults may be functions, which only the sandbox can call.
  const called = `
    const made = await (async () => { ${code}\n })()
    return Object.fromEntries(Object.entries(made ?? {}).map(([key, channel]) => {
      const start = channel && channel.default
      return [key, typeof start === 'function' ? start() : (start ?? null)]
    }))`
  const made = await runUserCode(context, called, {})
  return Object.entries(isRecord(made) ? made : {}).map(([key, initial]) => ({
    key,
    isList: Array.isArray(initial),
    initial: initial ?? '',
  }))
}
