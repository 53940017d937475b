import type { FlowEdge } from '../flow/flow.ts'
import type { TurnContext } from '../node/turn.ts'
import { holds } from '../steps/conditions.ts'
import { textOf } from '../text/paths.ts'
import { runUserCode } from '../tools/code.ts'
import { chosenTab, flowFacts, flowValue, rowsOf } from './state.ts'

/** The comparisons of the canvas, by type and operation of ours. */
const operations: Readonly<Record<string, readonly [string, string]>> = {
  Contains: ['string', 'contains'],
  'Not Contains': ['string', 'notContains'],
  'Start With': ['string', 'startsWith'],
  'End With': ['string', 'endsWith'],
  Is: ['string', 'equal'],
  'Is Not': ['string', 'notEqual'],
  'Is Empty': ['string', 'isEmpty'],
  'Is Not Empty': ['string', 'notEmpty'],
  'Greater Than': ['number', 'larger'],
  'Less Than': ['number', 'smaller'],
  'Equal To': ['number', 'equal'],
  'Not Equal To': ['number', 'notEqual'],
  'Greater Than or Equal To': ['number', 'largerEqual'],
  'Less Than or Equal To': ['number', 'smallerEqual'],
}

/** Name of the output a condition takes, by the author's rows or code; `end` when none holds. */
export async function takenOutput(context: TurnContext, output: unknown): Promise<string> {
  const { inputs } = context.node
  const tab = chosenTab(context, 'condition', 'selectedConditionFunctionTab')
  const code = textOf(inputs['conditionFunction'])
  if (tab === 'conditionFunction' && code.trim() !== '') {
    const facts = flowFacts(context, output)
    return textOf(await runUserCode({ ...context, facts }, code, {})) || 'end'
  }
  for (const row of rowsOf(inputs['conditionUI'])) {
    const [type, operation] = operations[textOf(row['operation'])] ?? ['string', 'unknown']
    const value1 = flowValue(row['variable'], context, output)
    const value2 = row['value']
    if (await holds({ type, operation, value1, value2 }, context)) return textOf(row['output'])
  }
  return 'end'
}

/** Ids of the nodes behind an output. Its handle spells the label in its own way. */
export function behind(edges: readonly FlowEdge[], id: string, output: string): readonly string[] {
  const named = edges.filter(({ source, sourceHandle }) => {
    const handle = new RegExp(`-output-(.+?)(?:-[^-]*)?$`).exec(sourceHandle)?.[1] ?? ''
    return source === id && plain(handle) === plain(output)
  })
  return named.map(({ target }) => target)
}

/** Names differ in case, blanks and signs only. */
export function plain(name: string): string {
  return name.toLowerCase().replaceAll(/[^\p{L}\p{N}]/gu, '')
}
