import { Failure } from '../../core/errors.ts'
import { nodeTitle } from '../flow/flow.ts'
import type { NodeContext } from '../node/context.ts'
import { text, type InputsOf } from '../node/inputs.ts'
import type { ChatModel } from '../node/instances.ts'
import { addressInputs, drawnAddress, missing } from './parts.ts'
import { hostPart } from './places.ts'
import type { AwsKeys } from './provider.ts'

/** What chat models and embeddings on Bedrock are found by. */
export const bedrockInputs = {
  ...addressInputs,
  region: text({ default: 'us-east-1' }),
  model: text(),
  modelName: text(),
  customModel: text(),
  endpointHost: text({ endpoint: true }),
}

export interface BedrockPlace {
  readonly baseUrl: string
  readonly aws: AwsKeys
}

/**
 * Where Bedrock is, and what signs requests to it: keys of the credential, and nothing that this
 * server itself may have. @throws Failure UNPROCESSABLE without keys, or with a role to assume.
 */
export async function bedrockPlace(
  inputs: InputsOf<typeof bedrockInputs>,
  context: NodeContext,
): Promise<BedrockPlace> {
  const { awsKey = '', awsSecret = '', awsSession = '', roleArn = '' } = await context.credential()
  if (roleArn !== '') {
    const sentence = `The node ${nodeTitle(context.node)} cannot run: roles of AWS are not assumed here.`
    throw new Failure('UNPROCESSABLE', sentence)
  }
  if (awsKey === '' || awsSecret === '') throw missing(context, 'a credential with AWS keys')
  const region = hostPart(inputs.region, 'region', context)
  const session = awsSession === '' ? {} : { sessionToken: awsSession }
  return {
    baseUrl: addressOf(inputs) || `https://bedrock-runtime.${region}.amazonaws.com`,
    aws: { region, accessKeyId: awsKey, secretAccessKey: awsSecret, ...session },
  }
}

/** A host without its scheme is what this provider's nodes ask for. */
function addressOf(inputs: InputsOf<typeof bedrockInputs>): string {
  const { endpointHost } = inputs
  if (endpointHost === '') return drawnAddress(inputs)
  return endpointHost.includes('://') ? endpointHost : `https://${endpointHost}`
}

/** The profile that routes a model's requests within the part of the world of a region. */
export function profileOf(modelName: string, region: string): string {
  const [area = ''] = region.split('-')
  const parts: Readonly<Record<string, string>> = { us: 'us', ca: 'us', eu: 'eu', ap: 'apac' }
  return `${parts[area] ?? 'global'}.${modelName}`
}

/** Models of late run in profiles only, and which ones is not written in their names. */
export function withProfile(plain: ChatModel, routed: ChatModel): ChatModel {
  let model = plain
  return {
    ...plain,
    ask: async (request) => {
      try {
        return await model.ask(request)
      } catch (error) {
        const needsProfile =
          error instanceof Failure && error.message.includes('on-demand throughput')
        if (model === routed || !needsProfile) throw error
        model = routed
        return model.ask(request)
      }
    },
  }
}
