/** What a person decided where a run had stopped. */
export interface HumanInput {
  readonly type: 'proceed' | 'reject'
  /** Where to go on; absent: where the run stopped. */
  readonly startNodeId?: string
  readonly feedback?: string
}

/** What a stopped run asks for, as clients draw it. */
export interface Action {
  readonly id: string
  readonly mapping: Readonly<Record<string, unknown>>
  readonly elements: readonly { readonly type: string; readonly label: string }[]
  readonly data?: Readonly<Record<string, unknown>>
}
