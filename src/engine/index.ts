/** The engine's front door, for rooms that load it when they need it. */
export { sessionOf } from './run/context.ts'
export { describeNode, describeNodes } from './describe.ts'
export { fileText } from './documents/file-text.ts'
export { fileOf } from './documents/files.ts'
export { foresee } from './foresee.ts'
export { parseFlow } from './flow/flow.ts'
export { findNode } from './nodes/index.ts'
export { runFlow } from './run.ts'
export { chatUploads, upsertFlow } from './upsert.ts'
export {
  emptyDocumentStore,
  fillDocumentStore,
  loadDocuments,
  searchDocumentStore,
} from './store.ts'
export { isStreamable } from './validate.ts'
