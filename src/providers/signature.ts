/**
 * A maker refuses what another signed, and all signatures look alike: base64. Those of wires whose models answer beside
 * Anthropic's in one conversation are therefore shown to callers with their maker before them: `gemini:EpAI…`. Base64
 * has no colon, so that no signature is taken for a marked one.
 */
export const markSignature = (maker: string, signature: string): string => `${maker}:${signature}`

/** The signature as its maker gave it; null where it is another's. */
export const unmarkSignature = (maker: string, marked: string | undefined): string | null =>
  marked?.startsWith(`${maker}:`) ? marked.slice(maker.length + 1) : null

/** Whether a signature, or data that stands for a thought, says that a maker of its own wants it back. */
export const isMarked = (signature: string | undefined): boolean =>
  signature !== undefined && /^[a-z-]+:/.test(signature)
