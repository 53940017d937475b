import { z } from 'zod'
import { parseJson } from '../text/paths.ts'
import type { FlowNode } from './flow.ts'

/** A model that says, after each answer, what might be asked next. */
export interface FollowUp {
  /** The model's node, as if it were drawn; it stands in no graph. */
  readonly node: FlowNode
  /** Where it says `{history}`, question and answer stand. */
  readonly prompt: string
}

/** Providers that go by another name than the node that reaches them. */
const nodeNames: ReadonlyMap<string, string> = new Map([['ollama', 'chatOllama']])

const settings = z.object({
  status: z.literal(true),
  selectedProvider: z.string().min(1),
})
/** The rest are inputs of the model's node. */
const provider = z.looseObject({
  credentialId: z.string().catch(''),
  prompt: z.string().min(1),
})

/** Reads the column `followUpPrompts`: `{status, selectedProvider, [provider]: {…}}`. */
export function parseFollowUp(json: string | null): { readonly followUp?: FollowUp } {
  const written = parseJson(json ?? '')
  const chosen = settings.safeParse(written)
  if (!chosen.success) return {}
  const { selectedProvider } = chosen.data
  const found = z.object({ [selectedProvider]: provider }).safeParse(written)
  const model = found.success ? found.data[selectedProvider] : undefined
  if (model === undefined) return {}
  const { prompt, credentialId, ...inputs } = model
  return { followUp: { prompt, node: modelNode(selectedProvider, { inputs, credentialId }) } }
}

function modelNode(
  provider: string,
  { inputs, credentialId }: { inputs: FlowNode['inputs']; credentialId: string },
): FlowNode {
  return {
    id: 'followUpPrompts',
    name: nodeNames.get(provider) ?? provider,
    label: 'Follow-up prompts',
    category: 'Chat Models',
    inputs,
    params: [],
    ...(credentialId === '' ? {} : { credential: credentialId }),
  }
}
