import { z } from 'zod'
import type { Admin } from '../admin/admin.ts'
import { strictly } from '../contract/border.ts'
import type { Caller } from '../contract/caller.ts'
import type { RequestContext } from '../contract/journey.ts'
import type { KnownNames } from '../contract/routing-fields.ts'
import type { Gateway } from '../gateway/gateway.ts'
import type { Progress } from './progress.ts'

/** What tools work with: the same instances that the HTTP face has. */
export interface Services {
  gateway: Pick<Gateway, 'authenticate' | 'complete' | 'collect' | 'embed' | 'passThrough'>
  admin: Admin
  known: KnownNames
}

/** Where a call came from; what the ledger writes beside the caller. */
export type CallOrigin = Pick<
  RequestContext,
  'requestId' | 'clientRequestId' | 'traceId' | 'traceParent' | 'tool' | 'hops' | 'priority' | 'face'
>

export interface ToolCall<Args> {
  args: Args
  caller: Caller
  services: Services
  origin: CallOrigin
  /** Aborted when the caller leaves or the call's time is up. */
  signal: AbortSignal
  /** Null: nobody asked to be kept posted. */
  progress: Progress | null
}

/** All four, always: a host decides by them whether to ask its user first, and the protocol's defaults are alarming. */
interface Annotations {
  /** Changes nothing. Spending money on an answer does not count as a change. */
  readOnlyHint: boolean
  /** Deletes or overwrites something. */
  destructiveHint: boolean
  /** A second call with the same arguments changes nothing more. */
  idempotentHint: boolean
  /** Reaches systems beyond this gateway. */
  openWorldHint: boolean
}

/** Of tools that only look. */
export const looksOnly: Annotations = {
  readOnlyHint: true,
  destructiveHint: false,
  idempotentHint: true,
  openWorldHint: false,
}

export interface Tool<Input extends z.ZodObject = z.ZodObject, Output extends z.ZodObject = z.ZodObject> {
  name: string
  title: string
  /** For a model: what it does; when to use it and when not; what it costs. */
  description: string
  annotations: Annotations
  input: Input
  output: Output
  /** Whether a call with these arguments is for admins only; unset: none is. */
  takesAdmin?(args: z.output<Input>): boolean
  /** @throws GatewayError what goes wrong; it reaches the model as text with what to do next */
  run(call: ToolCall<z.output<Input>>): Promise<{
    /** For people and for models that read no structured content, a block each. */
    text: readonly string[]
    /** For programs; fields beyond the output schema are cut off. */
    data: z.input<Output>
  }>
}

/** Declares a tool. It gives back what it got; it is here for the types. */
export const defineTool = <Input extends z.ZodObject, Output extends z.ZodObject>(
  tool: Tool<Input, Output>,
): Tool<Input, Output> => tool

/** An object that refuses fields it does not know, naming the one that was probably meant. */
export const strictInput = <Shape extends z.ZodRawShape>(shape: Shape) => {
  const known = Object.keys(shape)
  return z.strictObject(shape, { error: known.length > 0 ? strictly(known) : 'is not known: this tool takes none.' })
}
