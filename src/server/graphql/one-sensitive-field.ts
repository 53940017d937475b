import {
  GraphQLError,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValidationContext,
} from 'graphql'

/** Each call of these checks a secret, and is limited by the request as well as by failures. */
const sensitive: ReadonlySet<string> = new Set([
  'login',
  'refreshToken',
  'token',
  'changePassword',
  'acceptInvite',
  'verifyApiKey',
  'chatflowsByApiKey',
])

/** Refuses an operation that checks more than one secret, under whatever aliases. */
export function oneSensitiveField(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const found = rootFields(operation.selectionSet, context).filter((field) =>
        sensitive.has(field.name.value),
      )
      const [first, second] = found
      if (!first || !second) return
      context.reportError(
        new GraphQLError(
          `${second.name.value} must be alone: an operation checks one secret at most.`,
          { nodes: found },
        ),
      )
    },
  }
}

/** Fields of the operation itself, those of its fragments included, each fragment once. */
function rootFields(operation: SelectionSetNode, context: ValidationContext): FieldNode[] {
  const fields: FieldNode[] = []
  const visited = new Set<string>()
  const left: SelectionNode[] = [...operation.selections]
  for (let selection = left.pop(); selection; selection = left.pop()) {
    if (selection.kind === Kind.FIELD) {
      fields.push(selection)
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      left.push(...selection.selectionSet.selections)
    } else if (!visited.has(selection.name.value)) {
      visited.add(selection.name.value)
      left.push(...(context.getFragment(selection.name.value)?.selectionSet.selections ?? []))
    }
  }
  return fields
}
