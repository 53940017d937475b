import type { NodeDefinition } from '../node.ts'
import { advancedStructuredOutputParser } from './advanced-structured-output-parser.ts'
import { agentAgentflow } from './agent-agentflow.ts'
import { agentMemory } from './agent-memory.ts'
import { bufferMemory } from './buffer-memory.ts'
import { bufferWindowMemory } from './buffer-window-memory.ts'
import { calculator } from './calculator.ts'
import { chainTool } from './chain-tool.ts'
import { chatAnthropic } from './chat-anthropic.ts'
import { azureChatOpenAI } from './chat-azure.ts'
import { chatGoogleGenerativeAI } from './chat-google.ts'
import { chatMistralAI } from './chat-mistral.ts'
import { chatOllama } from './chat-ollama.ts'
import { compatibleChatModels } from './chat-openai-compatible.ts'
import { chatOpenAI } from './chat-openai.ts'
import { chatPromptTemplate } from './chat-prompt-template.ts'
import { conditionAgentAgentflow } from './condition-agent-agentflow.ts'
import { conditionAgentflow } from './condition-agentflow.ts'
import { conversationChain } from './conversation-chain.ts'
import { conversationSummaryBufferMemory } from './conversation-summary-buffer-memory.ts'
import { conversationSummaryMemory } from './conversation-summary-memory.ts'
import { csvOutputParser } from './csv-output-parser.ts'
import { currentDateTime } from './current-date-time.ts'
import { customFunctionAgentflow } from './custom-function-agentflow.ts'
import { customFunction } from './custom-function.ts'
import { customListOutputParser } from './custom-list-output-parser.ts'
import { customTool } from './custom-tool.ts'
import { directReplyAgentflow } from './direct-reply.ts'
import { embeddingNodes } from './embeddings.ts'
import { executeFlowAgentflow } from './execute-flow-agentflow.ts'
import { fewShotPromptTemplate } from './few-shot-prompt-template.ts'
import { fileLoaders } from './file-loaders.ts'
import { getVariable } from './get-variable.ts'
import { httpAgentflow } from './http-agentflow.ts'
import { humanInputAgentflow } from './human-input-agentflow.ts'
import { ifElseFunction } from './if-else-function.ts'
import { inputModerationOpenAI } from './input-moderation-openai.ts'
import { inputModerationSimple } from './input-moderation-simple.ts'
import { iterationAgentflow } from './iteration-agentflow.ts'
import { llmAgentflow } from './llm-agentflow.ts'
import { llmChain } from './llm-chain.ts'
import { localEmbeddings } from './local-embeddings.ts'
import { loopAgentflow } from './loop-agentflow.ts'
import { openAPIToolkit } from './openapi-toolkit.ts'
import { plainText } from './plain-text.ts'
import { promptTemplate } from './prompt-template.ts'
import { requestsTools } from './requests-tools.ts'
import { conversationalRetrievalQAChain, retrievalQAChain } from './retrieval-qa.ts'
import { retrieverAgentflow } from './retriever-agentflow.ts'
import { retrieverTool } from './retriever-tool.ts'
import { multiQueryRetriever, similarityThresholdRetriever } from './retrievers.ts'
import { searchTools } from './search-tools.ts'
import { seqAgent } from './seq-agent.ts'
import { seqConditionAgent } from './seq-condition-agent.ts'
import { seqCondition } from './seq-condition.ts'
import { seqCustomFunction } from './seq-custom-function.ts'
import { seqEnd } from './seq-end.ts'
import { seqExecuteFlow } from './seq-execute-flow.ts'
import { seqLLMNode } from './seq-llm-node.ts'
import { seqLoop } from './seq-loop.ts'
import { seqStart } from './seq-start.ts'
import { seqState } from './seq-state.ts'
import { seqToolNode } from './seq-tool-node.ts'
import { setVariable } from './set-variable.ts'
import { simpleChatEngine } from './simple-chat-engine.ts'
import { startAgentflow } from './start.ts'
import { structuredOutputParser } from './structured-output-parser.ts'
import { supervisor } from './supervisor.ts'
import { textSplitters } from './text-splitters.ts'
import { toolAgent } from './tool-agent.ts'
import { toolAgentflow } from './tool-agentflow.ts'
import { vectorStoreToDocument } from './vector-store-to-document.ts'
import { vectorStores } from './vector-stores.ts'
import { webScraper } from './web-loaders.ts'
import { worker } from './worker.ts'

/** Every node kind, one line each. */
export const nodeDefinitions: readonly NodeDefinition[] = [
  advancedStructuredOutputParser,
  agentAgentflow,
  agentMemory,
  azureChatOpenAI,
  bufferMemory,
  bufferWindowMemory,
  calculator,
  chainTool,
  chatAnthropic,
  chatGoogleGenerativeAI,
  chatMistralAI,
  chatOllama,
  chatOpenAI,
  chatPromptTemplate,
  ...compatibleChatModels,
  conditionAgentAgentflow,
  conditionAgentflow,
  conversationChain,
  conversationalRetrievalQAChain,
  conversationSummaryBufferMemory,
  conversationSummaryMemory,
  csvOutputParser,
  currentDateTime,
  customFunction,
  customFunctionAgentflow,
  customListOutputParser,
  customTool,
  directReplyAgentflow,
  ...embeddingNodes,
  executeFlowAgentflow,
  fewShotPromptTemplate,
  ...fileLoaders,
  getVariable,
  httpAgentflow,
  humanInputAgentflow,
  ifElseFunction,
  inputModerationOpenAI,
  inputModerationSimple,
  iterationAgentflow,
  llmAgentflow,
  llmChain,
  localEmbeddings,
  loopAgentflow,
  openAPIToolkit,
  multiQueryRetriever,
  plainText,
  promptTemplate,
  ...requestsTools,
  retrievalQAChain,
  retrieverAgentflow,
  retrieverTool,
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
  startAgentflow,
  structuredOutputParser,
  supervisor,
  ...textSplitters,
  toolAgent,
  toolAgentflow,
  vectorStoreToDocument,
  ...vectorStores,
  webScraper,
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
  const ranked = [...byName.keys()]
    .map((known) => ({ known, distance: distance(name.toLowerCase(), known.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)
  const [best] = ranked
  return best !== undefined && best.distance <= name.length / 3 ? best.known : undefined
}

/** Levenshtein distance. */
function distance(a: string, b: string): number {
  if (Math.abs(a.length - b.length) > 20) return Number.POSITIVE_INFINITY
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (const [index, char] of a.split('').entries()) {
    const next = [index + 1]
    for (const [at, other] of b.split('').entries()) {
      const swap = (row[at] ?? 0) + (char === other ? 0 : 1)
      next.push(Math.min(swap, (row[at + 1] ?? 0) + 1, (next[at] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
