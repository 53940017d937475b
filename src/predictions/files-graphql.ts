import { unaudited } from '../graphql/audit.ts'
import { bounded } from '../graphql/bounds.ts'
import { builder, idBounds } from '../graphql/builder.ts'
import {
  createAttachments,
  uploadedFile,
  type Attachment,
  type UploadedFile,
} from './attachments.ts'

const AttachmentType = builder.objectRef<Attachment>('Attachment').implement({
  description: 'A file of a conversation, with what was read of it.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As the conversation calls it.' }),
    mimeType: t.exposeString('mimeType', { description: 'Its type.' }),
    size: t.exposeInt('size', { description: 'In bytes.' }),
    content: t.exposeString('content', { description: 'The text of it.' }),
  }),
})

const UploadedFileType = builder.objectRef<UploadedFile>('UploadedFile').implement({
  description: 'A file of a conversation.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'As the conversation calls it.' }),
    mime: t.exposeString('mime', { description: 'Its type.' }),
    size: t.exposeInt('size', { description: 'In bytes.' }),
    data: t.exposeString('data', { description: 'The file itself, in base64.' }),
  }),
})

const flow = { required: true, description: 'The chatflow.', ...idBounds } as const
const chat = {
  required: true,
  description: 'The conversation.',
  ...bounded({ minLength: 1, maxLength: 255 }),
} as const

builder.mutationField('createAttachments', (t) =>
  t.field({
    type: [AttachmentType],
    ...unaudited,
    description:
      'Reads files for a conversation and keeps them with it; a question names them in uploads, with the type stored-file:full.',
    args: {
      chatflowId: t.arg.string(flow),
      chatId: t.arg.string(chat),
      files: t.arg({
        type: ['JSON'],
        description: 'As {name, mime, data} with a data URI, or uploads of a form.',
        ...bounded({
          maxItems: 20,
          example: [{ name: 'notes.txt', mime: 'text/plain', data: 'data:,Hello' }],
        }),
      }),
    },
    authScopes: (_parent, { chatflowId: id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: true, ifUploads: true },
    }),
    resolve: (_parent, args, ctx) => createAttachments(ctx, args),
  }),
)

builder.queryField('uploadedFile', (t) =>
  t.field({
    type: UploadedFileType,
    description: "A file of the caller's own conversation; over REST the file itself.",
    args: {
      chatflowId: t.arg.string(flow),
      chatId: t.arg.string(chat),
      fileName: t.arg.string({
        required: true,
        description: 'As the conversation calls it.',
        ...bounded({ minLength: 1, maxLength: 255, example: 'notes.txt' }),
      }),
    },
    authScopes: (_parent, { chatflowId: id }) => ({
      flow: { id, anyOf: ['predictions:create'], anonymous: true },
    }),
    resolve: (_parent, args, ctx) => uploadedFile(ctx, args),
  }),
)
