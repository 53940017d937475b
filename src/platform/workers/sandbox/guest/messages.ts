/** Messages of a conversation as authors write them: the constructors that code of flows uses. */
export function installMessages(): Readonly<Record<string, unknown>> {
  const kind = (type: string) =>
    function Message(this: object, given: unknown, callId?: string): void {
      const isFields = typeof given === 'object' && given !== null && !Array.isArray(given)
      const fields = isFields ? given : { content: given, tool_call_id: callId }
      Object.assign(this, { type, ...fields })
    }
  return {
    SystemMessage: kind('system'),
    HumanMessage: kind('human'),
    AIMessage: kind('ai'),
    ToolMessage: kind('tool'),
  }
}
