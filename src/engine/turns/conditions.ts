import type { FlowEdge } from '../flow/flow.ts'
import type { TurnContext } from '../node/turn.ts'
import { textOf } from '../text/paths.ts'
import { runUserCode } from '../tools/code.ts'
import { chosenTab, flowFacts, flowValue, rowsOf } from './state.ts'

const textTests: Readonly<Record<string, (a: string, b: string) => boolean>> = {
  Contains: (a, b) => a.includes(b),
  'Not Contains': (a, b) => !a.includes(b),
  'Start With': (a, b) => a.startsWith(b),
  'End With': (a, b) => a.endsWith(b),
  Is: (a, b) => a === b,
  'Is Not': (a, b) => a !== b,
  'Is Empty': (a) => a.trim() === '',
  'Is Not Empty': (a) => a.trim() !== '',
}

const numberTests: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  'Greater Than': (a, b) => a > b,
  'Less Than': (a, b) => a < b,
  'Equal To': (a, b) => a === b,
  'Not Equal To': (a, b) => a !== b,
  'Greater Than or Equal To': (a, b) => a >= b,
  'Less Than or Equal To': (a, b) => a <= b,
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
    const found = flowValue(row['variable'], context, output)
    const value = Array.isArray(found) && found.length === 0 ? '' : textOf(found)
    if (holds(value, textOf(row['operation']), textOf(row['value']))) return textOf(row['output'])
  }
  return 'end'
}

/** Of a value that is not there, only that it is empty. */
function holds(value: string, operation: string, other: string): boolean {
  if (value === '') return operation === 'Is Empty'
  const isNumeric = [value, other].every((text) => /^-?(?:\d+(?:\.\d+)?|\.\d+)$/.test(text))
  if (Object.hasOwn(numberTests, operation)) {
    return isNumeric && numberTests[operation]?.(Number(value), Number(other)) === true
  }
  return Object.hasOwn(textTests, operation) && textTests[operation]?.(value, other) === true
}

/** Ids of the nodes behind an output. Its handle spells the label in its own way. */
export function behind(edges: readonly FlowEdge[], id: string, output: string): readonly string[] {
  const named = edges.filter(({ source, sourceHandle }) => {
    const handle = /-output-(.+?)(?:-[^-]*)?$/s.exec(sourceHandle)?.[1] ?? ''
    return source === id && plain(handle) === plain(output)
  })
  return named.map(({ target }) => target)
}

/** Names differ in case, accents, blanks and signs only. */
export function plain(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}]/gu, '')
}
