import type { Effort } from '../contract/chat.ts'
import type { Material } from './material.ts'
import type { Prompt } from './prompt.ts'

/** How many sentences of reasoning an effort brings. */
const sentencesByEffort: Readonly<Record<Effort, number>> = {
  none: 0,
  minimal: 0,
  low: 2,
  medium: 4,
  high: 6,
  xhigh: 8,
  max: 10,
}

/** What the sandbox thinks before it answers: an inventory of the request, longer with more effort; empty without. */
export const reason = (prompt: Prompt, material: Material): string => {
  const { keyWords, names, numbers, sentences } = material
  const thoughts = [
    `The request is about ${keyWords.slice(0, 3).join(', ') || 'nothing in particular'}.`,
    `It has ${sentences.length} sentence(s) in a conversation of ${prompt.messages.length} message(s).`,
    names.length > 0 ? `It names ${names.slice(0, 4).join(', ')}.` : 'It names nobody and no place.',
    numbers.length > 0 ? `Its numbers are ${numbers.slice(0, 4).join(', ')}.` : 'It has no numbers.',
    prompt.tools.length > 0 ? `${prompt.tools.length} tool(s) are offered.` : 'No tools are offered.',
    prompt.format.type === 'text' ? 'Plain text will do.' : 'The answer must be JSON.',
    prompt.maxOutputTokens === null ? 'No length is set.' : `It may take ${prompt.maxOutputTokens} tokens.`,
    'A short answer that shows what arrived is the most useful one.',
    'Nothing here needs knowledge that a sandbox lacks, as long as it says what it is.',
    'So: say that it is simulated, then answer.',
  ]
  return thoughts.slice(0, sentencesByEffort[prompt.effort]).join(' ')
}
