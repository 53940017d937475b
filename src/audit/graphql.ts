import { bounded } from '../graphql/bounds.ts'
import { builder, pageBounds, pageType } from '../graphql/builder.ts'
import type { AuditEntry } from './entity.ts'
import { auditLog } from './query.ts'

const AuditEntryType = builder.objectRef<AuditEntry>('AuditEntry').implement({
  description: 'Who did what, on which row, when and from where.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'UUID.' }),
    date: t.expose('date', { type: 'DateTime', description: 'When.' }),
    actorKind: t.exposeString('actorKind', { description: 'user, key or anonymous.' }),
    actorId: t.exposeString('actorId', { nullable: true, description: 'The user or key.' }),
    action: t.exposeString('action', { description: 'The query or mutation.' }),
    targetId: t.exposeString('targetId', { nullable: true, description: 'The row it was about.' }),
    outcome: t.exposeString('outcome', { description: 'ok, or the code of the refusal.' }),
    address: t.exposeString('address', { description: 'Where it came from.' }),
    requestId: t.exposeString('requestId', { description: 'As in the log and in X-Request-Id.' }),
    count: t.exposeInt('count', { description: 'How often; refusals of strangers are added up.' }),
  }),
})

const AuditPageType = pageType('AuditPage', AuditEntryType)
const word = bounded({ minLength: 1, maxLength: 64 })

builder.queryField('auditLog', (t) =>
  t.field({
    type: AuditPageType,
    description: 'What happened in the workspace, newest first; by default the last 100 entries.',
    args: {
      from: t.arg({ type: 'DateTime', description: 'From then on.' }),
      to: t.arg({ type: 'DateTime', description: 'Before then.' }),
      actorId: t.arg.string({ description: 'Only of this user or key.', ...word }),
      action: t.arg.string({ description: 'Only this query or mutation.', ...word }),
      targetId: t.arg.string({ description: 'Only about this row.', ...word }),
      outcome: t.arg.string({ description: 'Only with this outcome.', ...word }),
      page: t.arg.int({ description: 'Page number, from 1.', ...pageBounds.page }),
      limit: t.arg.int({ description: 'Rows on a page.', ...pageBounds.limit }),
    },
    authScopes: { person: 'workspaces:manage' },
    resolve: (_parent, args, ctx) => auditLog(ctx, args),
  }),
)
