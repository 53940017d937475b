import { bounded } from '../graphql/bounds.ts'
import type { ArgBuilder } from '../graphql/builder.ts'
import { ChatflowTypeEnum } from './types.ts'

const jsonText = bounded({ maxLength: 1_000_000 })

/** The arguments of creating (`isNew`) and updating a chatflow. */
export function chatflowArgs(arg: ArgBuilder, isNew: boolean) {
  return {
    name: arg.string({
      required: isNew,
      description: 'What people will call it.',
      ...bounded({ minLength: 1, maxLength: 500, notNull: true, example: 'Support bot' }),
    }),
    flowData: arg({
      type: 'JSON',
      description:
        'The canvas {nodes, edges, viewport}: JSON text, kept byte for byte, or an object.',
      ...bounded({ freeForm: true, example: '{"nodes":[],"edges":[]}' }),
    }),
    type: arg({
      type: ChatflowTypeEnum,
      description: 'What kind of flow it is.',
      ...bounded({ notNull: true }),
    }),
    deployed: arg.boolean({ description: 'Shown as deployed.', ...bounded({ notNull: true }) }),
    isPublic: arg.boolean({
      description: 'Whether anyone may run it, unless it is bound to a key.',
      ...bounded({ notNull: true }),
    }),
    apikeyid: arg.string({
      description: 'The id of the only API key that may run it; null or empty: any key.',
      ...bounded({ maxLength: 64 }),
    }),
    category: arg.string({
      description: 'Categories, separated by semicolons.',
      ...bounded({ maxLength: 1000 }),
    }),
    chatbotConfig: arg.string({ description: 'JSON text: looks and allowedOrigins.', ...jsonText }),
    apiConfig: arg.string({
      description: 'JSON text: what callers may override, and the rate limit.',
      ...jsonText,
    }),
    analytic: arg.string({ description: 'JSON text: analytics settings.', ...jsonText }),
    speechToText: arg.string({ description: 'JSON text: speech to text settings.', ...jsonText }),
    textToSpeech: arg.string({ description: 'JSON text: text to speech settings.', ...jsonText }),
    followUpPrompts: arg.string({
      description: 'JSON text: follow-up prompt settings.',
      ...jsonText,
    }),
  }
}
