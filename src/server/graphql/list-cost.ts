import {
  getNamedType,
  getNullableType,
  GraphQLError,
  isListType,
  isObjectType,
  Kind,
  type ASTVisitor,
  type FieldNode,
  type SelectionNode,
  type ValidationContext,
} from 'graphql'
import { largestPage } from '../../core/paging.ts'

/** Rows that one operation may ask for, supposing that every list is as long as it can be. */
const mostRows = 20_000

/** What a list inside of a row is reckoned with. */
const rowsWithin = 10

/** Fields looked at, fragments as often as they are spread. */
const mostFields = 5000

/** Refuses operations whose lists multiply: some lists beside each other are fine, lists in lists soon not. */
export function listCost(context: ValidationContext): ASTVisitor {
  return {
    OperationDefinition(operation) {
      const schema = context.getSchema()
      const root = schema.getRootType(operation.operation)
      if (!root) return
      const { rows, fields } = costOf(context, operation.selectionSet.selections, root.name)
      if (rows <= mostRows && fields <= mostFields) return
      context.reportError(
        new GraphQLError('The operation asks for too many lists within lists.', {
          nodes: operation,
        }),
      )
    },
  }
}

interface Place {
  readonly selection: SelectionNode
  readonly parent: string
  /** How many rows of the parent there may be. */
  readonly times: number
}

/** Walks without recursion, and gives up once it is too much, so that circles end too. */
function costOf(context: ValidationContext, selections: readonly SelectionNode[], root: string) {
  const left: Place[] = selections.map((selection) => ({ selection, parent: root, times: 1 }))
  let rows = 0
  let fields = 0
  for (let place = left.pop(); place; place = left.pop()) {
    fields += 1
    const { inner, asked } = lookAt(context, place)
    rows += asked
    if (rows > mostRows || fields > mostFields) break
    left.push(...inner)
  }
  return { rows, fields }
}

function lookAt(context: ValidationContext, place: Place): { inner: Place[]; asked: number } {
  const { selection, parent, times } = place
  if (selection.kind !== Kind.FIELD) return { inner: unfold(context, place, selection), asked: 0 }
  const type = context.getSchema().getType(parent)
  const field = isObjectType(type) ? type.getFields()[selection.name.value] : undefined
  // Introspection has no field here, and is limited by its depth.
  if (!field) return { inner: [], asked: 0 }
  const named = getNamedType(field.type)
  const isRows = isListType(getNullableType(field.type)) && isObjectType(named)
  // Lists of the first level are as long as lists get, those of a page too.
  const asked = isRows ? times * (times === 1 ? largestPage : rowsWithin) : 0
  const inner = { parent: named.name, times: asked || times }
  const selections = selection.selectionSet?.selections ?? []
  return { inner: selections.map((selection) => ({ selection, ...inner })), asked }
}

function unfold(
  context: ValidationContext,
  place: Place,
  spread: Exclude<SelectionNode, FieldNode>,
): Place[] {
  const fragment =
    spread.kind === Kind.FRAGMENT_SPREAD ? context.getFragment(spread.name.value) : spread
  const selections = fragment?.selectionSet.selections ?? []
  return selections.map((selection) => ({ ...place, selection }))
}
