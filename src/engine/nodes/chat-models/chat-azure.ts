import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { openAiInputs, openAiModelOf } from '../../model/openai/openai.ts'
import { missing, reachOf } from '../../model/parts.ts'
import type { NodeContext } from '../../node/context.ts'
import { defineNode } from '../../node/define.ts'
import { text } from '../../node/inputs.ts'

/** A deployment of a model on Azure OpenAI; the credential says where it is. */
export const azureChatOpenAI = defineNode({
  name: 'azureChatOpenAI',
  aliases: ['azureChatOpenAI_LlamaIndex', 'azureOpenAI'],
  label: 'Azure ChatOpenAI',
  version: 7,
  category: 'Chat Models',
  description: 'A chat model deployed on Azure OpenAI.',
  credential: 'azureOpenAIApi',
  inputs: { ...openAiInputs, azureOpenAIApiKey: text({ secret: true }) },
  build: async (inputs, context) => {
    const place = await azurePlace(context)
    const provider = {
      baseUrl: place.baseUrl ?? '',
      keyField: 'azureOpenAIApiKey',
      apiKey: inputs.azureOpenAIApiKey,
      needsKey: true,
    }
    const reach = await reachOf(inputs, provider, context)
    if (reach.baseUrl === '') throw missing(context, 'the name of its Azure instance')
    const modelName = place.deployment || inputs.modelName
    if (modelName === '') throw missing(context, 'the name of its deployment')
    const baseUrl = azureBase(reach.baseUrl)
    const spec = { ...reach, baseUrl, api: 'azure', modelName } as const
    return openAiModelOf(inputs, { ...spec, apiVersion: place.apiVersion }, context)
  },
})

export interface AzurePlace {
  /** Undefined when the credential names no instance. */
  readonly baseUrl: string | undefined
  readonly deployment: string
  readonly apiVersion: string
}

/** Where the credential says the deployment is. */
export async function azurePlace(context: NodeContext): Promise<AzurePlace> {
  const credential = await context.credential()
  const instance = credential['azureOpenAIApiInstanceName'] ?? ''
  // It becomes a part of a host name: anything else could lead the key to another server.
  if (!/^[a-z\d-]*$/i.test(instance)) {
    const sentence = `The node ${nodeTitle(context.node)} cannot run: its Azure instance is no name.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  return {
    baseUrl: instance === '' ? undefined : `https://${instance}.openai.azure.com/openai`,
    deployment: credential['azureOpenAIApiDeploymentName'] ?? '',
    apiVersion: credential['azureOpenAIApiVersion'] || '2024-10-21',
  }
}

/** Some write the address up to the deployments; the provider's package adds that part itself. */
export function azureBase(address: string): string {
  return address.replace(/\/deployments\/?$/, '')
}
