/** What a caller wants of the upstream. It is written into the prompt, so nothing between the two has to know of it. */
export interface Order {
  /** Its number; no other request of the run has it. */
  call: number
  /** How many pieces the answer has. */
  frames: number
  /** Characters that pad a piece, 0 for none. */
  padChars: number
  /** Pause before the head of the reply. */
  startMs: number
  /** Pause before each further piece; 0: as fast as they are taken. */
  everyMs: number
}

export const writeOrder = (order: Order): string => `Recite as ordered: ${JSON.stringify(order)}`

/** The order in a prompt. @throws SyntaxError where there is none */
export const readOrder = (prompt: string): Order => JSON.parse(prompt.slice(prompt.indexOf('{')))

/** A piece says whose it is and which. */
export const frameText = ({ call, padChars }: Pick<Order, 'call' | 'padChars'>, frame: number): string =>
  `[${call}:${frame}]${'.'.repeat(padChars)}`

export const answerText = (order: Order): string =>
  Array.from({ length: order.frames }, (_, frame) => frameText(order, frame)).join('')

/** What the upstream bills: each piece is one token, and the input varies so that mixed-up bills do not agree by chance. */
export const inputTokensOf = (call: number): number => 20 + (call % 97)

/** What is wrong with an answer's text: pieces lost, doubled, out of order, or another call's. Null when nothing is. */
export const faultOfText = (text: string, order: Order): string | null => {
  if (text === answerText(order)) return null
  const heard = [...text.matchAll(/\[(\d+):(\d+)\](\.*)/g)].map(([, call, frame, pad = '']) => ({
    call: Number(call),
    frame: Number(frame),
    pad: pad.length,
  }))
  const strange = heard.find(({ call }) => call !== order.call)
  if (strange) return `frame ${strange.frame} of call ${strange.call} is in it`
  const numbers = heard.map(({ frame }) => frame)
  const seen = new Set(numbers)
  const doubled = numbers.find((frame, position) => numbers.indexOf(frame) !== position)
  if (doubled !== undefined) return `frame ${doubled} came twice`
  const lost = Array.from({ length: order.frames }, (_, frame) => frame).find((frame) => !seen.has(frame))
  if (lost !== undefined) return `frame ${lost} of ${order.frames} is lost`
  const late = numbers.findIndex((frame, position) => frame !== position)
  if (late >= 0) return `frame ${numbers[late]} came in place ${late}`
  return heard.some(({ pad }) => pad !== order.padChars) ? 'a frame is damaged' : 'something is between the frames'
}
