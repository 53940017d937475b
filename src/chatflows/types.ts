import { builder, pageType } from '../graphql/builder.ts'
import { chatflowTypes } from './entity.ts'
import type { FlowProblem, PublicChatflow } from './public.ts'
import type { BoundChatflow } from './service.ts'
import type { Uploads } from './uploads.ts'
import type { ChatflowView } from './view.ts'

export const ChatflowTypeEnum = builder.enumType('ChatflowType', {
  description: 'What kind of flow it is.',
  values: chatflowTypes,
})

export const ChatflowType = builder.objectRef<ChatflowView>('Chatflow').implement({
  description: 'A stored flow of models, prompts, memories and tools.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    flowData: t.exposeString('flowData', {
      description: 'The canvas as JSON text, as it was stored.',
    }),
    type: t.expose('type', { type: ChatflowTypeEnum, description: 'What kind of flow it is.' }),
    deployed: t.exposeBoolean('deployed', { description: 'Shown as deployed.' }),
    isPublic: t.exposeBoolean('isPublic', {
      description: 'Whether anyone may run it, unless bound.',
    }),
    apikeyid: t.exposeString('apikeyid', {
      nullable: true,
      description: 'The only API key that may run it.',
    }),
    category: t.exposeString('category', {
      nullable: true,
      description: 'Categories, separated by semicolons.',
    }),
    chatbotConfig: t.exposeString('chatbotConfig', {
      nullable: true,
      description: 'JSON text: looks and allowedOrigins.',
    }),
    apiConfig: t.exposeString('apiConfig', {
      nullable: true,
      description: 'JSON text: what callers may override, and the rate limit.',
    }),
    analytic: t.exposeString('analytic', { nullable: true, description: 'JSON text.' }),
    speechToText: t.exposeString('speechToText', { nullable: true, description: 'JSON text.' }),
    textToSpeech: t.exposeString('textToSpeech', { nullable: true, description: 'JSON text.' }),
    followUpPrompts: t.exposeString('followUpPrompts', {
      nullable: true,
      description: 'JSON text.',
    }),
    workspaceId: t.exposeID('workspaceId', { description: 'The workspace it belongs to.' }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

export const BoundChatflowType = builder.objectRef<BoundChatflow>('BoundChatflow').implement({
  description: 'A chatflow in the company of the key or credential it names.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    flowName: t.exposeString('flowName', { description: 'What people call it.' }),
    type: t.expose('type', { type: ChatflowTypeEnum, description: 'What kind of flow it is.' }),
    deployed: t.exposeBoolean('deployed', { description: 'Shown as deployed.' }),
    isPublic: t.exposeBoolean('isPublic', {
      description: 'Whether anyone may run it, unless bound.',
    }),
    category: t.exposeString('category', {
      nullable: true,
      description: 'Categories, separated by semicolons.',
    }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

export const ChatflowPageType = pageType('ChatflowPage', ChatflowType)

export const PublicChatflowType = builder.objectRef<PublicChatflow>('PublicChatflow').implement({
  description: 'A chatflow without its secrets.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    name: t.exposeString('name', { description: 'What people call it.' }),
    flowData: t.exposeString('flowData', {
      description: 'The canvas as JSON text, without credentials, passwords, headers and tokens.',
    }),
    type: t.expose('type', { type: ChatflowTypeEnum, description: 'What kind of flow it is.' }),
    deployed: t.exposeBoolean('deployed', { description: 'Shown as deployed.' }),
    isPublic: t.exposeBoolean('isPublic', {
      description: 'Whether anyone may run it, unless bound.',
    }),
    category: t.exposeString('category', {
      nullable: true,
      description: 'Categories, separated by semicolons.',
    }),
    chatbotConfig: t.exposeString('chatbotConfig', {
      nullable: true,
      description: 'JSON text: looks.',
    }),
    createdDate: t.expose('createdDate', { type: 'DateTime', description: 'When it was made.' }),
    updatedDate: t.expose('updatedDate', { type: 'DateTime', description: 'Its last change.' }),
  }),
})

export const UploadsType = builder.objectRef<Uploads>('ChatflowUploads').implement({
  description: 'What may be uploaded with a question.',
  fields: (t) => ({
    isSpeechToTextEnabled: t.exposeBoolean('isSpeechToTextEnabled', { description: 'Speech.' }),
    isImageUploadAllowed: t.exposeBoolean('isImageUploadAllowed', { description: 'Images.' }),
    isRAGFileUploadAllowed: t.exposeBoolean('isRAGFileUploadAllowed', {
      description: 'Files for retrieval.',
    }),
    imgUploadSizeAndTypes: t.field({
      type: ['JSON'],
      description: 'Limits of images.',
      resolve: (uploads) => [...uploads.imgUploadSizeAndTypes],
    }),
    fileUploadSizeAndTypes: t.field({
      type: ['JSON'],
      description: 'Limits of files.',
      resolve: (uploads) => [...uploads.fileUploadSizeAndTypes],
    }),
  }),
})

export const StreamingType = builder
  .objectRef<{ isStreaming: boolean }>('ChatflowStreaming')
  .implement({
    description: 'Whether a chatflow answers piece by piece.',
    fields: (t) => ({
      isStreaming: t.exposeBoolean('isStreaming', { description: 'The answer.' }),
    }),
  })

export const ChangedType = builder.objectRef<{ hasChanged: boolean }>('ChatflowChange').implement({
  description: 'Whether a chatflow changed.',
  fields: (t) => ({ hasChanged: t.exposeBoolean('hasChanged', { description: 'The answer.' }) }),
})

export const ProblemType = builder.objectRef<FlowProblem>('FlowProblem').implement({
  description: 'Something that keeps a flow from running.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'One sentence, naming node and type.' }),
    nodeId: t.exposeString('nodeId', { nullable: true, description: 'The node it is about.' }),
  }),
})
