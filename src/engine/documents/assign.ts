import { Failure } from '../../core/errors.ts'
import { nodeTitle, type Flow, type FlowNode } from '../flow/flow.ts'
import type { FileKind } from '../node/load-job.ts'
import type { FileUpload, LoaderFile } from '../node/run-input.ts'
import { glimpseOf } from './content.ts'
import { detect, refusal } from './detect.ts'
import { fileOf, isDrawn } from './files.ts'
import { fileInputs } from './loader.ts'

/** A node that loads files, with the kind it is for; undefined is any. */
export interface FileLoader {
  readonly node: FlowNode
  readonly kind: FileKind | undefined
}

/**
 * Each file with the loader that takes it: one for its kind, else one for any kind, else the first.
 * A loader whose author has drawn a file into it takes others only where he lets callers set it, or
 * lets people upload files to their chats (`isOpen`).
 * @throws Failure UNPROCESSABLE when no loader takes files; what `detect` throws.
 */
export async function assignFiles(
  files: readonly FileUpload[],
  loaders: readonly FileLoader[],
  { overrides, isOpen }: Pick<Flow, 'overrides'> & { readonly isOpen: boolean },
): Promise<LoaderFile[]> {
  const open = loaders.filter(({ node }) => {
    const enabled = overrides.enabled ? overrides.nodes.get(node.label) : undefined
    const isEmpty = fileInputs.every((name) => !isDrawn(node.inputs[name]))
    return isOpen || isEmpty || fileInputs.some((name) => enabled?.has(name))
  })
  const assigned = files.map(async (file) => ({
    ...file,
    loader: (await loaderFor(file, loaders, open)).id,
  }))
  return Promise.all(assigned)
}

async function loaderFor(
  file: FileUpload,
  loaders: readonly FileLoader[],
  open: readonly FileLoader[],
): Promise<FlowNode> {
  const [first] = loaders
  if (first === undefined) {
    throw refusal(file, 'UNPROCESSABLE', 'has no place: the flow has no loader of files')
  }
  if (open.length === 0) {
    const name = nodeTitle(first.node)
    const sentence = `The author of this flow does not let callers set the file of ${name}.`
    throw new Failure('FORBIDDEN', sentence)
  }
  const { kind } = detect(await glimpseOf(fileOf(file)), undefined)
  const fit = open.find((loader) => loader.kind === kind)
  const any = open.find((loader) => loader.kind === undefined)
  return (fit ?? any ?? open[0] ?? first).node
}
