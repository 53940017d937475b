import { z } from 'zod'
import type { Ctx } from '../context.ts'
import { Failure } from '../core/errors.ts'
import type { FileUpload } from '../engine/node/run-input.ts'

/** What an upsert is asked to do, as it comes in. */
export interface UpsertInput {
  /** The chatflow. */
  readonly id: string
  readonly stopNodeId?: string | null | undefined
  readonly overrideConfig?: unknown
  readonly files?: readonly unknown[] | null | undefined
  /** It goes on when the client goes away. */
  readonly detached?: boolean | null | undefined
  /** The conversation that the files are for, where the flow takes files from chats. */
  readonly chatId?: string | null | undefined
}

const file = z.object({ name: z.string().max(255), mime: z.string().max(255), data: z.string() })

/** What an upsert takes of it. Throws BAD_REQUEST, naming the field that has not the right shape. */
export function readUpsertInput(ctx: Ctx, input: UpsertInput) {
  const overrideConfig = z.record(z.string(), z.unknown()).nullish().safeParse(input.overrideConfig)
  if (!overrideConfig.success) {
    throw new Failure('BAD_REQUEST', 'overrideConfig must be a JSON object.')
  }
  return { overrideConfig: overrideConfig.data ?? {}, files: readFiles(ctx, input.files) }
}

/** The files of an argument. Throws BAD_REQUEST for what is no list of them. */
export function readFiles({ request }: Ctx, given: unknown): FileUpload[] {
  const files = z.array(file).safeParse(given ?? [])
  if (!files.success) {
    throw new Failure('BAD_REQUEST', 'files must be a list of {name, mime, data}.')
  }
  return files.data.map(({ data, ...facts }) => ({
    ...facts,
    // A reference leads to a file of this very request, or nowhere.
    data: request.uploads?.find(data) ?? data,
  }))
}
