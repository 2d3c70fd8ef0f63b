import { z } from 'zod'
import type { Reply } from './send.ts'

const errorShape = z.object({
  error: z.object({
    message: z.string(),
    code: z.union([z.string(), z.number()]).nullish(),
    data: z.object({ code: z.string() }).nullish().catch(null),
    gateway: z.object({ advice: z.string() }).nullish().catch(null),
  }),
})

/** An error as OpenAI's clients read it, or JSON-RPC's. */
export interface Refusal {
  message: string
  /** Null where there is none that a program could go by. */
  code: string | null
  /** What the gateway itself says to do. */
  advice: string | null
}

/** The error in a reply; null where it holds none of a known shape. */
export const refusalIn = (json: unknown): Refusal | null => {
  const { data } = errorShape.safeParse(json)
  if (data === undefined) return null
  const { message, code, data: rpc, gateway } = data.error
  const told = rpc?.code ?? code?.toString() ?? ''
  return { message, code: /^[\w.:-]{1,64}$/.test(told) ? told : null, advice: gateway?.advice ?? null }
}

export const isHtml = ({ headers, text }: Pick<Reply, 'headers' | 'text'>): boolean =>
  /\bhtml\b/.test(headers['content-type'] ?? '') || /^\s*<(!doctype|html)\b/i.test(text)

/** `404 not_found`, `502, a web page`. */
export const summaryOf = (reply: Reply): string => {
  const { status } = reply
  if (isHtml(reply)) return `${status}, a web page`
  if (reply.json === undefined) return `${status}, no JSON`
  const refusal = refusalIn(reply.json)
  return refusal === null || refusal.code === null ? String(status) : `${status} ${refusal.code}`
}

const modelList = z.object({ data: z.array(z.object({ id: z.string() })) })

/** The ids of a list of models; null where it is none. */
export const modelIdsIn = (json: unknown): string[] | null =>
  modelList.safeParse(json).data?.data.map(({ id }) => id) ?? null

const named = z.object({ name: z.literal('ai-gateway-mcp'), version: z.string() })

/** Our version, where the reply to `/version` is ours. */
export const ourVersionIn = (json: unknown): string | null => named.safeParse(json).data?.version ?? null
