import type { ProviderApi } from './provider.ts'

/** How one provider of embeddings is reached. */
export interface EmbeddingProvider {
  readonly name: string
  readonly label: string
  readonly aliases?: readonly string[]
  readonly credential: string
  /** OpenAI's format, where nothing else is said. */
  readonly api?: Exclude<ProviderApi, 'anthropic'>
  readonly modelName?: string
  /** Undefined: the node must say where its model is. */
  readonly baseUrl: string | undefined
  /** Belongs to an address drawn without a path; `/v1` where nothing else is said. */
  readonly path?: string
  readonly keyField: string
  readonly needsKey?: boolean
}

/** Embeddings differ by address, key and default model only. */
export const embeddingProviders: readonly EmbeddingProvider[] = [
  {
    name: 'openAIEmbeddings',
    label: 'OpenAI Embeddings',
    aliases: ['openAIEmbeddingsCustom', 'openAIEmbedding_LlamaIndex'],
    credential: 'openAIApi',
    api: 'openai',
    modelName: 'text-embedding-ada-002',
    baseUrl: 'https://api.openai.com/v1',
    keyField: 'openAIApiKey',
  },
  {
    name: 'azureOpenAIEmbeddings',
    label: 'Azure OpenAI Embeddings',
    aliases: ['azureOpenAIEmbeddingsLlamaIndex'],
    credential: 'azureOpenAIApi',
    api: 'azure',
    baseUrl: '',
    keyField: 'azureOpenAIApiKey',
  },
  {
    name: 'googleGenerativeAiEmbeddings',
    label: 'GoogleGenerativeAI Embeddings',
    credential: 'googleGenerativeAI',
    api: 'google',
    modelName: 'gemini-embedding-001',
    baseUrl: 'https://generativelanguage.googleapis.com/v1beta',
    path: '/v1beta',
    keyField: 'googleGenerativeAPIKey',
  },
  {
    name: 'mistralAIEmbeddings',
    label: 'MistralAI Embeddings',
    credential: 'mistralAIApi',
    api: 'mistral',
    modelName: 'mistral-embed',
    baseUrl: 'https://api.mistral.ai/v1',
    keyField: 'mistralAIAPIKey',
  },
  {
    name: 'cohereEmbeddings',
    label: 'Cohere Embeddings',
    credential: 'cohereApi',
    modelName: 'embed-english-v2.0',
    baseUrl: 'https://api.cohere.ai/compatibility/v1',
    keyField: 'cohereApiKey',
  },
  {
    name: 'ollamaEmbedding',
    label: 'Ollama Embeddings',
    credential: 'ollamaApi',
    modelName: 'nomic-embed-text',
    baseUrl: 'http://localhost:11434/v1',
    keyField: 'ollamaApiKey',
    needsKey: false,
  },
  {
    name: 'localAIEmbeddings',
    label: 'LocalAI Embeddings',
    credential: 'localAIApi',
    baseUrl: undefined,
    keyField: 'localAIApiKey',
    needsKey: false,
  },
  {
    name: 'togetherAIEmbedding',
    label: 'TogetherAIEmbedding',
    credential: 'togetherAIApi',
    baseUrl: 'https://api.together.xyz/v1',
    keyField: 'togetherAIApiKey',
  },
  {
    name: 'jinaEmbeddings',
    label: 'Jina Embeddings',
    credential: 'jinaAIApi',
    modelName: 'jina-embeddings-v3',
    baseUrl: 'https://api.jina.ai/v1',
    keyField: 'jinaAIAPIKey',
  },
  {
    name: 'voyageAIEmbeddings',
    label: 'VoyageAI Embeddings',
    credential: 'voyageAIApi',
    modelName: 'voyage-2',
    baseUrl: 'https://api.voyageai.com/v1',
    keyField: 'apiKey',
  },
]
