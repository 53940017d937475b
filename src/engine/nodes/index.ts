import { editDistance } from '../../core/edit-distance.ts'
import type { NodeDefinition } from '../node/define.ts'
import { agentAgentflow } from './agentflow/agent-agentflow.ts'
import { conditionAgentAgentflow } from './agentflow/condition-agent-agentflow.ts'
import { conditionAgentflow } from './agentflow/condition-agentflow.ts'
import { customFunctionAgentflow } from './agentflow/custom-function-agentflow.ts'
import { directReplyAgentflow } from './agentflow/direct-reply-agentflow.ts'
import { executeFlowAgentflow } from './agentflow/execute-flow-agentflow.ts'
import { httpAgentflow } from './agentflow/http-agentflow.ts'
import { humanInputAgentflow } from './agentflow/human-input-agentflow.ts'
import { iterationAgentflow } from './agentflow/iteration-agentflow.ts'
import { llmAgentflow } from './agentflow/llm-agentflow.ts'
import { loopAgentflow } from './agentflow/loop-agentflow.ts'
import { retrieverAgentflow } from './agentflow/retriever-agentflow.ts'
import { startAgentflow } from './agentflow/start-agentflow.ts'
import { toolAgentflow } from './agentflow/tool-agentflow.ts'
import { conversationalRetrievalToolAgent } from './agents/conversational-retrieval-tool-agent.ts'
import { toolAgent } from './agents/tool-agent.ts'
import { answerCaches } from './caches/answer-caches.ts'
import { embeddingCaches } from './caches/embedding-caches.ts'
import { conversationChain } from './chains/conversation-chain.ts'
import { conversationalRetrievalQAChain } from './chains/conversational-retrieval-qa-chain.ts'
import { getApiChain } from './chains/get-api-chain.ts'
import { llmChain } from './chains/llm-chain.ts'
import { multiPromptChain } from './chains/multi-prompt-chain.ts'
import { multiRetrievalQAChain } from './chains/multi-retrieval-qa-chain.ts'
import { openApiChain } from './chains/openapi-chain.ts'
import { postApiChain } from './chains/post-api-chain.ts'
import { retrievalQAChain } from './chains/retrieval-qa-chain.ts'
import { sqlDatabaseChain } from './chains/sql-database-chain.ts'
import { vectorDBQAChain } from './chains/vector-db-qa-chain.ts'
import { chatAnthropic } from './chat-models/chat-anthropic.ts'
import { azureChatOpenAI } from './chat-models/chat-azure.ts'
import { chatBaiduWenxin } from './chat-models/chat-baidu.ts'
import { awsChatBedrock } from './chat-models/chat-bedrock.ts'
import { chatGoogleVertexAI } from './chat-models/chat-google-vertex.ts'
import { chatGoogleGenerativeAI } from './chat-models/chat-google.ts'
import { chatMistralAI } from './chat-models/chat-mistral.ts'
import { chatNemoGuardrails } from './chat-models/chat-nemo-guardrails.ts'
import { chatOllama } from './chat-models/chat-ollama.ts'
import { compatibleChatModels } from './chat-models/chat-openai-compatible.ts'
import { chatOpenAI, openAI } from './chat-models/chat-openai.ts'
import { chatIBMWatsonx } from './chat-models/chat-watsonx.ts'
import { replicate } from './chat-models/replicate.ts'
import { apiLoader } from './documents/api-loader.ts'
import { customDocumentLoader } from './documents/custom-document-loader.ts'
import { documentStore } from './documents/document-store.ts'
import { fileLoaders } from './documents/file-loaders.ts'
import { gitbook } from './documents/gitbook.ts'
import { github } from './documents/github.ts'
import { plainText } from './documents/plain-text.ts'
import { recordManagers } from './documents/record-managers.ts'
import { searchLoaders } from './documents/search-loaders.ts'
import { textSplitters } from './documents/text-splitters.ts'
import { vectorStoreToDocument } from './documents/vector-store-to-document.ts'
import { webScraper } from './documents/web-loaders.ts'
import { baiduEmbeddings } from './embeddings/baidu-embeddings.ts'
import { awsBedrockEmbeddings } from './embeddings/bedrock-embeddings.ts'
import { huggingFaceEmbeddings } from './embeddings/hugging-face-embeddings.ts'
import { localEmbeddings } from './embeddings/local-embeddings.ts'
import { embeddingNodes } from './embeddings/provider-embeddings.ts'
import { vertexEmbeddings } from './embeddings/vertex-embeddings.ts'
import { watsonxEmbeddings } from './embeddings/watsonx-embeddings.ts'
import { contextChatEngine } from './engines/context-chat-engine.ts'
import { queryEngine } from './engines/query-engine.ts'
import { responseSynthesizers } from './engines/response-synthesizers.ts'
import { simpleChatEngine } from './engines/simple-chat-engine.ts'
import { subQuestionQueryEngine } from './engines/sub-question-query-engine.ts'
import { agentMemory } from './memory/agent-memory.ts'
import { bufferMemory } from './memory/buffer-memory.ts'
import { bufferWindowMemory } from './memory/buffer-window-memory.ts'
import { conversationSummaryBufferMemory } from './memory/conversation-summary-buffer-memory.ts'
import { conversationSummaryMemory } from './memory/conversation-summary-memory.ts'
import { foreignMemories } from './memory/foreign-memories.ts'
import { inputModerationOpenAI } from './moderation/input-moderation-openai.ts'
import { inputModerationSimple } from './moderation/input-moderation-simple.ts'
import { advancedStructuredOutputParser } from './output-parsers/advanced-structured-output-parser.ts'
import { csvOutputParser } from './output-parsers/csv-output-parser.ts'
import { customListOutputParser } from './output-parsers/custom-list-output-parser.ts'
import { structuredOutputParser } from './output-parsers/structured-output-parser.ts'
import { chatPromptTemplate } from './prompts/chat-prompt-template.ts'
import { fewShotPromptTemplate } from './prompts/few-shot-prompt-template.ts'
import { promptTemplate } from './prompts/prompt-template.ts'
import { customRetriever } from './retrievers/custom-retriever.ts'
import { documentStoreVS } from './retrievers/document-store-vs.ts'
import { embeddingsFilterRetriever } from './retrievers/embeddings-filter-retriever.ts'
import { extractMetadataRetriever } from './retrievers/extract-metadata-retriever.ts'
import { hydeRetriever } from './retrievers/hyde-retriever.ts'
import { llmFilterRetriever } from './retrievers/llm-filter-retriever.ts'
import { multiQueryRetriever } from './retrievers/multi-query-retriever.ts'
import { promptRetriever } from './retrievers/prompt-retriever.ts'
import { rerankRetrievers } from './retrievers/rerank-retrievers.ts'
import { rrfRetriever } from './retrievers/rrf-retriever.ts'
import { similarityThresholdRetriever } from './retrievers/similarity-threshold-retriever.ts'
import { vectorStoreRetriever } from './retrievers/vector-store-retriever.ts'
import { vectorStores } from './retrievers/vector-stores.ts'
import { seqAgent } from './team/seq-agent.ts'
import { seqConditionAgent } from './team/seq-condition-agent.ts'
import { seqCondition } from './team/seq-condition.ts'
import { seqCustomFunction } from './team/seq-custom-function.ts'
import { seqEnd } from './team/seq-end.ts'
import { seqExecuteFlow } from './team/seq-execute-flow.ts'
import { seqLLMNode } from './team/seq-llm-node.ts'
import { seqLoop } from './team/seq-loop.ts'
import { seqStart } from './team/seq-start.ts'
import { seqState } from './team/seq-state.ts'
import { seqToolNode } from './team/seq-tool-node.ts'
import { supervisor } from './team/supervisor.ts'
import { worker } from './team/worker.ts'
import { arxiv } from './tools/arxiv.ts'
import { calculator } from './tools/calculator.ts'
import { chainTool } from './tools/chain-tool.ts'
import { currentDateTime } from './tools/current-date-time.ts'
import { customMCP } from './tools/custom-mcp.ts'
import { customTool } from './tools/custom-tool.ts'
import { flowTools } from './tools/flow-tools.ts'
import { jsonPathExtractor } from './tools/json-path-extractor.ts'
import { openAPIToolkit } from './tools/openapi-toolkit.ts'
import { queryEngineTool } from './tools/query-engine-tool.ts'
import { requestsTools } from './tools/requests-tools.ts'
import { retrieverTool } from './tools/retriever-tool.ts'
import { searchTools } from './tools/search-tools.ts'
import { webBrowser } from './tools/web-browser.ts'
import { webScraperTool } from './tools/web-scraper-tool.ts'
import { wolframAlpha } from './tools/wolfram-alpha.ts'
import { customFunction } from './utilities/custom-function.ts'
import { getVariable } from './utilities/get-variable.ts'
import { ifElseFunction } from './utilities/if-else-function.ts'
import { setVariable } from './utilities/set-variable.ts'

/** Every node kind, one line each. */
export const nodeDefinitions: readonly NodeDefinition[] = [
  advancedStructuredOutputParser,
  agentAgentflow,
  agentMemory,
  ...answerCaches,
  apiLoader,
  arxiv,
  awsBedrockEmbeddings,
  awsChatBedrock,
  azureChatOpenAI,
  baiduEmbeddings,
  bufferMemory,
  bufferWindowMemory,
  calculator,
  chainTool,
  chatAnthropic,
  chatBaiduWenxin,
  chatGoogleGenerativeAI,
  chatGoogleVertexAI,
  chatIBMWatsonx,
  chatMistralAI,
  chatNemoGuardrails,
  chatOllama,
  chatOpenAI,
  chatPromptTemplate,
  ...compatibleChatModels,
  conditionAgentAgentflow,
  conditionAgentflow,
  conversationChain,
  contextChatEngine,
  conversationalRetrievalQAChain,
  conversationalRetrievalToolAgent,
  conversationSummaryBufferMemory,
  conversationSummaryMemory,
  csvOutputParser,
  currentDateTime,
  customDocumentLoader,
  customFunction,
  customFunctionAgentflow,
  customListOutputParser,
  customRetriever,
  customMCP,
  customTool,
  directReplyAgentflow,
  documentStore,
  documentStoreVS,
  ...embeddingCaches,
  ...embeddingNodes,
  embeddingsFilterRetriever,
  executeFlowAgentflow,
  extractMetadataRetriever,
  fewShotPromptTemplate,
  ...fileLoaders,
  getApiChain,
  ...foreignMemories,
  ...flowTools,
  getVariable,
  gitbook,
  github,
  httpAgentflow,
  huggingFaceEmbeddings,
  humanInputAgentflow,
  hydeRetriever,
  ifElseFunction,
  inputModerationOpenAI,
  inputModerationSimple,
  iterationAgentflow,
  jsonPathExtractor,
  llmAgentflow,
  llmChain,
  llmFilterRetriever,
  localEmbeddings,
  loopAgentflow,
  multiPromptChain,
  openAI,
  multiQueryRetriever,
  multiRetrievalQAChain,
  openApiChain,
  openAPIToolkit,
  plainText,
  postApiChain,
  promptRetriever,
  promptTemplate,
  queryEngine,
  queryEngineTool,
  ...recordManagers,
  replicate,
  ...requestsTools,
  ...rerankRetrievers,
  ...responseSynthesizers,
  retrievalQAChain,
  retrieverAgentflow,
  retrieverTool,
  rrfRetriever,
  ...searchLoaders,
  ...searchTools,
  seqAgent,
  seqCondition,
  seqConditionAgent,
  seqCustomFunction,
  seqEnd,
  seqExecuteFlow,
  seqLLMNode,
  seqLoop,
  seqStart,
  seqState,
  seqToolNode,
  setVariable,
  similarityThresholdRetriever,
  simpleChatEngine,
  sqlDatabaseChain,
  startAgentflow,
  structuredOutputParser,
  subQuestionQueryEngine,
  supervisor,
  ...textSplitters,
  toolAgent,
  toolAgentflow,
  vectorDBQAChain,
  vectorStoreRetriever,
  vectorStoreToDocument,
  ...vectorStores,
  vertexEmbeddings,
  watsonxEmbeddings,
  webBrowser,
  webScraper,
  webScraperTool,
  wolframAlpha,
  worker,
]

const byName: ReadonlyMap<string, NodeDefinition> = new Map(
  nodeDefinitions.flatMap((definition) =>
    [definition.name, ...(definition.aliases ?? [])].map((name) => [name, definition] as const),
  ),
)

/** The definition behind a node's type name or alias. */
export function findNode(name: string): NodeDefinition | undefined {
  return byName.get(name)
}

/** The known type name nearest to an unknown one, if any is near. */
export function suggestNode(name: string): string | undefined {
  // What is longer is near to none of them.
  const wanted = name.toLowerCase().slice(0, 100)
  const ranked = [...byName.keys()]
    .map((known) => ({ known, distance: editDistance(wanted, known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= wanted.length / 3 ? best.known : undefined
}
