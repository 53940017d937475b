import { Failure } from '../core/errors.ts'

/** A field of a credential. `password` fields are secrets: they never leave the server again. */
export interface CredentialField {
  readonly label: string
  readonly name: string
  readonly type: 'string' | 'password'
  readonly optional: boolean
}

/** A type of credential that the nodes understand. */
export interface CredentialKind {
  readonly label: string
  readonly name: string
  readonly version: number
  readonly inputs: readonly CredentialField[]
}

const secret = (label: string, name: string): CredentialField => ({
  label,
  name,
  type: 'password',
  optional: false,
})
const open = (label: string, name: string): CredentialField => ({
  label,
  name,
  type: 'string',
  optional: false,
})
const maybe = (field: CredentialField): CredentialField => ({ ...field, optional: true })
const kind = (
  label: string,
  name: string,
  ...inputs: readonly CredentialField[]
): CredentialKind => ({ label, name, version: 1, inputs })

/** Every known type; a credential of another one is stored too, all its fields secret. */
export const credentialKinds: readonly CredentialKind[] = [
  kind('OpenAI API', 'openAIApi', secret('OpenAI API key', 'openAIApiKey')),
  kind(
    'Azure OpenAI API',
    'azureOpenAIApi',
    secret('Azure OpenAI API key', 'azureOpenAIApiKey'),
    open('Instance name', 'azureOpenAIApiInstanceName'),
    open('Deployment name', 'azureOpenAIApiDeploymentName'),
    open('API version', 'azureOpenAIApiVersion'),
  ),
  kind('Anthropic API', 'anthropicApi', secret('Anthropic API key', 'anthropicApiKey')),
  kind(
    'Google Generative AI',
    'googleGenerativeAI',
    secret('Google API key', 'googleGenerativeAPIKey'),
  ),
  kind('Mistral AI API', 'mistralAIApi', secret('Mistral AI API key', 'mistralAIAPIKey')),
  kind('Groq API', 'groqApi', secret('Groq API key', 'groqApiKey')),
  kind('Cohere API', 'cohereApi', secret('Cohere API key', 'cohereApiKey')),
  kind('DeepSeek API', 'deepseekApi', secret('DeepSeek API key', 'deepseekApiKey')),
  kind('OpenRouter API', 'openRouterApi', secret('OpenRouter API key', 'openRouterApiKey')),
  kind('LocalAI API', 'localAIApi', secret('LocalAI API key', 'localAIApiKey')),
  kind('Ollama API', 'ollamaApi', secret('Ollama API key', 'ollamaApiKey')),
  kind('Together AI API', 'togetherAIApi', secret('Together AI API key', 'togetherAIApiKey')),
  kind('Fireworks API', 'fireworksApi', secret('Fireworks API key', 'fireworksApiKey')),
  kind('xAI API', 'xaiApi', secret('xAI API key', 'xaiApiKey')),
  kind('Perplexity API', 'perplexityApi', secret('Perplexity API key', 'perplexityApiKey')),
  kind('Cerebras API', 'cerebrasAIApi', secret('Cerebras API key', 'cerebrasApiKey')),
  kind('LiteLLM API', 'litellmApi', secret('LiteLLM API key', 'litellmApiKey')),
  kind('NVIDIA NGC API', 'nvidiaNIMApi', secret('NVIDIA NGC API key', 'nvidiaNIMApiKey')),
  kind('SambaNova API', 'sambanovaApi', secret('SambaNova API key', 'sambanovaApiKey')),
  kind('Comet API', 'cometApi', secret('Comet API key', 'cometApiKey')),
  kind('Alibaba API', 'AlibabaApi', secret('Alibaba API key', 'alibabaApiKey')),
  kind('HuggingFace API', 'huggingFaceApi', secret('HuggingFace API key', 'huggingFaceApiKey')),
  kind('Jina AI API', 'jinaAIApi', secret('Jina AI API key', 'jinaAIAPIKey')),
  kind(
    'Voyage AI API',
    'voyageAIApi',
    maybe(open('Endpoint', 'endpoint')),
    secret('Voyage AI API key', 'apiKey'),
  ),
  kind(
    'Azure Foundry API',
    'azureFoundryApi',
    secret('Azure Foundry API key', 'azureFoundryApiKey'),
    open('Azure Foundry endpoint', 'azureFoundryEndpoint'),
  ),
  kind('Replicate API', 'replicateApi', secret('Replicate API key', 'replicateApiKey')),
  kind(
    'AWS security credentials',
    'awsApi',
    secret('AWS access key', 'awsKey'),
    secret('AWS secret access key', 'awsSecret'),
    maybe(secret('AWS session token', 'awsSession')),
  ),
  kind(
    'Google Vertex Auth',
    'googleVertexAuth',
    secret('JSON of a service account', 'googleApplicationCredential'),
    maybe(open('Project id', 'projectID')),
  ),
  kind(
    'Cloudflare API',
    'cloudflareApi',
    open('Account id', 'cloudflareAccountId'),
    secret('API token', 'cloudflareApiToken'),
  ),
  kind(
    'IBM Watsonx',
    'ibmWatsonx',
    open('Version', 'version'),
    open('Service URL', 'serviceUrl'),
    open('Project id', 'projectId'),
    maybe(secret('IAM API key', 'watsonxAIApikey')),
    maybe(secret('Bearer token', 'watsonxAIBearerToken')),
  ),
  kind(
    'Baidu Qianfan API',
    'baiduQianfanApi',
    secret('Access key', 'qianfanAccessKey'),
    secret('Secret key', 'qianfanSecretKey'),
  ),
  kind('SerpApi', 'serpApi', secret('SerpApi key', 'serpApiKey')),
  kind('Serper', 'serperApi', secret('Serper API key', 'serperApiKey')),
  kind('Brave Search API', 'braveSearchApi', secret('Brave Search API key', 'braveApiKey')),
  kind('Tavily API', 'tavilyApi', secret('Tavily API key', 'tavilyApiKey')),
  kind('Exa Search API', 'exaSearchApi', secret('Exa Search API key', 'exaSearchApiKey')),
  kind(
    'Google Custom Search API',
    'googleCustomSearchApi',
    secret('API key', 'googleCustomSearchApiKey'),
    open('Search engine id', 'googleCustomSearchApiId'),
  ),
  kind('SearchApi', 'searchApi', secret('SearchApi key', 'searchApiKey')),
  kind('WolframAlpha', 'wolframAlphaAppId', secret('WolframAlpha app id', 'wolframAlphaAppId')),
  kind('GitHub API', 'githubApi', secret('Access token', 'accessToken')),
  kind('OpenAPI token', 'openAPIAuth', secret('Token', 'openAPIToken')),
  kind('Pinecone API', 'pineconeApi', secret('Pinecone API key', 'pineconeApiKey')),
  kind('Qdrant API', 'qdrantApi', secret('Qdrant API key', 'qdrantApiKey')),
  kind(
    'Chroma API',
    'chromaApi',
    maybe(secret('Chroma API key', 'chromaApiKey')),
    maybe(open('Tenant', 'chromaTenant')),
    maybe(open('Database', 'chromaDatabase')),
  ),
  kind('PostgreSQL', 'PostgresApi', open('User', 'user'), secret('Password', 'password')),
  kind(
    'HTTP basic authentication',
    'httpBasicAuth',
    open('User', 'basicAuthUsername'),
    secret('Password', 'basicAuthPassword'),
  ),
  kind('HTTP bearer token', 'httpBearerToken', secret('Token', 'token')),
  kind('HTTP API key', 'httpApiKey', open('Header or parameter', 'key'), secret('Value', 'value')),
]

const byName = new Map(credentialKinds.map((known) => [known.name, known]))

/** One type of credential. Throws NOT_FOUND. */
export function getCredentialKind(name: string): CredentialKind {
  const known = byName.get(name)
  if (!known) throw new Failure('NOT_FOUND', 'There is no such type of credential.')
  return known
}

/** Whether a field must not be shown; everything is unless it is known to be harmless. */
export function isSecretField(credentialName: string, field: string): boolean {
  const known = byName.get(credentialName)?.inputs.find(({ name }) => name === field)
  return known?.type !== 'string'
}
