import { Failure } from '../../../core/errors.ts'
import { nodeTitle } from '../../flow/flow.ts'
import { defineNode } from '../../node/define.ts'
import { anything, number, text } from '../../node/inputs.ts'
import { loopTarget } from '../../steps/loop.ts'
import { updatedState } from '../../steps/state.ts'

/** Goes back to an earlier node, so often at most. */
export const loopAgentflow = defineNode({
  name: 'loopAgentflow',
  label: 'Loop',
  version: 1,
  category: 'Agent Flows',
  description: 'Goes back to a node until it has run the given number of times.',
  inputs: {
    loopBackToNode: text(),
    maxLoopCount: number({ default: 5 }),
    fallbackMessage: text({ acceptVariable: true }),
    loopUpdateState: anything(),
  },
  step: async ({ loopBackToNode, maxLoopCount, fallbackMessage }, context) => {
    const target = loopTarget(context.flow, loopBackToNode)
    if (target === undefined) {
      const sentence = `The node ${nodeTitle(context.node)} cannot run: its target is not there.`
      throw new Failure('UNPROCESSABLE', sentence)
    }
    // The target ran once before the first loop.
    const isOver = context.round >= maxLoopCount
    const ended = fallbackMessage || `The loop ended after ${maxLoopCount} rounds.`
    const content = isOver ? ended : `Going back to ${nodeTitle(target)}.`
    const output = { content, nodeID: target.id, maxLoopCount }
    if (isOver) context.emit({ event: 'token', data: content })
    return {
      input: { loopBackToNode: target.id, maxLoopCount },
      output,
      state: await updatedState('loopUpdateState', output, context),
      ...(isOver ? {} : { goTo: target.id }),
    }
  },
})
