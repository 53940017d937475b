/** How one provider that speaks OpenAI's format is reached. */
export interface CompatibleProvider {
  readonly name: string
  readonly credential: string
  readonly keyField: string
  /**
   * Absent: the node must say where its model is, and needs no key. `{x}` stands for a field of the
   * credential.
   */
  readonly baseUrl?: string
  readonly modelName?: string
  readonly aliases?: readonly string[]
}

/** Providers that differ from the next one by their address and their key only. */
export const compatibleProviders: readonly CompatibleProvider[] = [
  {
    name: 'groqChat',
    aliases: ['chatGroq_LlamaIndex'],
    credential: 'groqApi',
    keyField: 'groqApiKey',
    baseUrl: 'https://api.groq.com/openai/v1',
    modelName: 'llama-3.3-70b-versatile',
  },
  {
    name: 'chatDeepseek',
    credential: 'deepseekApi',
    keyField: 'deepseekApiKey',
    baseUrl: 'https://api.deepseek.com',
    modelName: 'deepseek-chat',
  },
  {
    name: 'chatOpenRouter',
    credential: 'openRouterApi',
    keyField: 'openRouterApiKey',
    baseUrl: 'https://openrouter.ai/api/v1',
    modelName: 'openai/gpt-4o-mini',
  },
  { name: 'chatLocalAI', credential: 'localAIApi', keyField: 'localAIApiKey' },
  { name: 'chatLitellm', credential: 'litellmApi', keyField: 'litellmApiKey' },
  {
    name: 'chatNvidiaNIM',
    aliases: ['Chat NVIDIA NIM'],
    credential: 'nvidiaNIMApi',
    keyField: 'nvidiaNIMApiKey',
    baseUrl: 'https://integrate.api.nvidia.com/v1',
  },
  {
    name: 'chatTogetherAI',
    aliases: ['chatTogetherAI_LlamaIndex', 'togetherAI'],
    credential: 'togetherAIApi',
    keyField: 'togetherAIApiKey',
    baseUrl: 'https://api.together.xyz/v1',
  },
  {
    name: 'chatFireworks',
    aliases: ['fireworks'],
    credential: 'fireworksApi',
    keyField: 'fireworksApiKey',
    baseUrl: 'https://api.fireworks.ai/inference/v1',
  },
  { name: 'chatXAI', credential: 'xaiApi', keyField: 'xaiApiKey', baseUrl: 'https://api.x.ai/v1' },
  {
    name: 'chatPerplexity',
    credential: 'perplexityApi',
    keyField: 'perplexityApiKey',
    baseUrl: 'https://api.perplexity.ai',
    modelName: 'sonar',
  },
  {
    name: 'chatCerebras',
    credential: 'cerebrasAIApi',
    keyField: 'cerebrasApiKey',
    baseUrl: 'https://api.cerebras.ai/v1',
  },
  {
    name: 'chatSambanova',
    aliases: ['sambanova'],
    credential: 'sambanovaApi',
    keyField: 'sambanovaApiKey',
    baseUrl: 'https://api.sambanova.ai/v1',
  },
  {
    name: 'chatCometAPI',
    credential: 'cometApi',
    keyField: 'cometApiKey',
    baseUrl: 'https://api.cometapi.com/v1',
  },
  {
    name: 'chatAlibabaTongyi',
    credential: 'AlibabaApi',
    keyField: 'alibabaApiKey',
    baseUrl: 'https://dashscope-intl.aliyuncs.com/compatible-mode/v1',
  },
  {
    name: 'chatCohere',
    aliases: ['cohere'],
    credential: 'cohereApi',
    keyField: 'cohereApiKey',
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    modelName: 'command-r',
  },
  {
    name: 'chatHuggingFace',
    aliases: ['huggingFaceInference_LLMs'],
    credential: 'huggingFaceApi',
    keyField: 'huggingFaceApiKey',
    baseUrl: 'https://router.huggingface.co/v1',
  },
  {
    name: 'chatCloudflareWorkersAI',
    credential: 'cloudflareApi',
    keyField: 'cloudflareApiToken',
    baseUrl: 'https://api.cloudflare.com/client/v4/accounts/{cloudflareAccountId}/ai/v1',
    modelName: '@cf/meta/llama-3.1-8b-instruct-fast',
  },
]
