import { Failure } from '../../core/errors.ts'
import { nodeTitle, type FlowNode } from '../flow/flow.ts'
import type { Tool } from '../node/instances.ts'
import type { StepContext } from '../node/step.ts'
import { parseLoose } from '../text/json.ts'
import { isRecord } from '../text/paths.ts'

type Row = Readonly<Record<string, unknown>>

/** The tools of an agent's rows, and the names of those that a person has to agree to. */
export async function agentTools(
  rows: readonly Row[],
  from: string,
  context: StepContext,
): Promise<{ readonly tools: readonly Tool[]; readonly guarded: ReadonlySet<string> }> {
  const chosen = rows.filter(({ agentSelectedTool }) => Boolean(agentSelectedTool))
  const built = chosen.map(async (row) => {
    const config = row['agentSelectedToolConfig']
    const name = String(row['agentSelectedTool'])
    const part = { name, config: isRecord(config) ? config : {}, from: [from] }
    const tools = await context.build('tool', part)
    const guard = row['agentSelectedToolRequiresHumanInput']
    // Whoever writes flows without the canvas writes it as text.
    const isGuarded = guard === true || guard === 'true'
    return tools.map((tool) => ({ tool, isGuarded: isGuarded || tool.requiresHumanInput === true }))
  })
  const all = (await Promise.all(built)).flat()
  const guarded = all.filter(({ isGuarded }) => isGuarded).map(({ tool }) => tool.name)
  return { tools: all.map(({ tool }) => tool), guarded: new Set(guarded) }
}

/** The models that would run the tools of an input; left over from another one, it means nothing. */
const builtIn: readonly (readonly [string, RegExp])[] = [
  ['agentToolsBuiltInOpenAI', /OpenAI/],
  ['agentToolsBuiltInGemini', /Google/],
  ['agentToolsBuiltInAnthropic', /Anthropic/],
]

/** @throws Failure UNPROCESSABLE for tools that a provider runs itself. */
export function refuseBuiltIn(values: Row & { readonly agentModel: string }, node: FlowNode): void {
  const mine = builtIn.filter(([, models]) => models.test(values.agentModel))
  const chosen = mine.flatMap(([name]) => {
    const value = values[name]
    const parsed = typeof value === 'string' ? parseLoose(value) : value
    return Array.isArray(parsed) ? (parsed as unknown[]) : []
  })
  if (chosen.length === 0) return
  const tools = chosen.map(String).join(', ')
  const sentence = `The node ${nodeTitle(node)} cannot run: it uses tools of its provider, ${tools}.`
  throw new Failure('UNPROCESSABLE', sentence)
}
