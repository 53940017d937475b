import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'
import type { StateField } from '../../node/turn.ts'
import { parseLoose } from '../../text/json.ts'
import { isRecord, isSafeKey, textOf } from '../../text/paths.ts'
import { runUserCode } from '../../tools/code.ts'
import { chosenTab, rowsOf } from '../../turns/state.ts'

/** The values that a sequence of agents shares. */
export const seqState = defineNode({
  name: 'seqState',
  label: 'State',
  version: 2,
  category: 'Sequential Agents',
  description: 'Names the values that agents share, and how they change.',
  inputs: { stateMemory: text() },
  build: async (_inputs, context) => {
    const { inputs } = context.node
    const tab = chosenTab(context, 'stateMemory', 'selectedStateTab')
    // Older canvases kept rows where newer ones keep the choice between rows and code.
    const rows = [...rowsOf(inputs['stateMemoryUI']), ...rowsOf(inputs['stateMemory'])]
    const fields = tab === 'stateMemoryCode' ? await byCode(context) : rows.map(toField)
    const named = fields.filter(({ key }) => key !== '' && isSafeKey(key) && key !== 'messages')
    return { kind: 'teamState', fields: named }
  },
})

function toField(row: Readonly<Record<string, unknown>>): StateField {
  const key = textOf(row['key'] ?? row['Key']).trim()
  const given = row['defaultValue'] ?? row['Default Value'] ?? ''
  if (textOf(row['type'] ?? row['Operation']) !== 'Append') {
    return { key, initial: given, join: async (_before, change) => change }
  }
  const initial = typeof given === 'string' ? (parseLoose(given) ?? given) : given
  const join = async (before: unknown, change: unknown) => [listOf(before), listOf(change)].flat()
  return { key, initial: listOf(initial), join }
}

function listOf(value: unknown): readonly unknown[] {
  return value === '' || value === undefined ? [] : [value].flat()
}

/**
 * Code of the form `{key: {value: (before, change) => …, default: () => …}}`. Functions do not come
 * out of the sandbox: each change is asked for there.
 */
async function byCode(context: NodeContext): Promise<StateField[]> {
  const written = textOf(context.node.inputs['stateMemoryCode']).trim()
  if (written === '') return []
  const made = `const made = await (async () => { ${/^return\b/.test(written) ? '' : 'return '}${written}\n })()`
  const initials = `${made}
    return Object.fromEntries(Object.entries(made ?? {}).map(([key, channel]) => {
      const start = channel && channel.default
      return [key, typeof start === 'function' ? start() : (start ?? null)]
    }))`
  const change = `${made}
    const { value } = made[$key]
    return typeof value === 'function' ? value($before, $change) : $change`
  const found = await runUserCode(context, initials, {})
  return Object.entries(isRecord(found) ? found : {}).map(([key, initial]) => ({
    key,
    initial: initial ?? '',
    join: async (before, changed) =>
      runUserCode(context, change, { key, before: before ?? null, change: changed ?? null }),
  }))
}
