import { z } from 'zod'
import { parseJson } from '../text/paths.ts'

/** A model that says, after each answer, what might be asked next. */
export interface FollowUp {
  /** The kind of its node, which stands in no graph. */
  readonly nodeName: string
  readonly inputs: Readonly<Record<string, unknown>>
  readonly credential?: string
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
  const nodeName = nodeNames.get(selectedProvider) ?? selectedProvider
  const credential = credentialId === '' ? {} : { credential: credentialId }
  return { followUp: { nodeName, inputs, prompt, ...credential } }
}
