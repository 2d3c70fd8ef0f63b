import { findSum } from './arithmetic.ts'
import { writeCode } from './write-code.ts'
import { pick } from './hash.ts'
import type { Material } from './material.ts'
import { lastImages, toolResults, type Prompt } from './prompt.ts'

/** One shape of answer. The first that has something to say for a request is used. */
type Shape = (prompt: Prompt, material: Material) => string | null

/**
 * A text answer: it says what it is, then does what little a program without a model can do for the request, and keeps
 * to the request's own words. `turn` varies the last sentence, so that several choices differ.
 */
export const composeText = (prompt: Prompt, material: Material, turn: number): string => {
  const opening = `Simulated answer by the sandbox, standing in for ${prompt.model}.`
  const body = shapes.map((shape) => shape(prompt, material)).find((text) => text !== null) ?? echo(material)
  const closing = pick(closings, JSON.stringify([prompt.model, prompt.messages, prompt.seed]), turn)
  return `${opening}\n\n${body}\n\n${closing}`
}

const closings = [
  'A real model answers here once a provider key is set.',
  'Set a provider key to have this answered in earnest.',
  'Nothing was sent to a provider, and nothing was paid.',
  'The same request always gets these same words.',
] as const

const useToolResults: Shape = (prompt) => {
  const results = toolResults(prompt)
  if (results.length === 0) return null
  const lines = results.map(
    ({ name, text, failed }) => `- ${name} ${failed ? 'failed' : 'returned'}: ${shorten(text, 300)}`,
  )
  return `From the tool results:\n\n${lines.join('\n')}`
}

const seeImages: Shape = (prompt, { sentences }) => {
  const images = lastImages(prompt)
  if (images.length === 0) return null
  const kinds = images.map(({ source }) => (source.kind === 'base64' ? source.mediaType : 'by URL'))
  const asked = sentences.length > 0 ? ` You ask: ${shorten(sentences.join(' '), 200)}` : ''
  return `I received ${count(images.length, 'image')} (${kinds.join(', ')}), and cannot see what is on it.${asked}`
}

/** "in 200 words": text of that length, for whoever wants a long stream. */
const fillWords: Shape = (_prompt, { text, keyWords }) => {
  const wanted = Number(/\b(\d{1,4})[ -]words?\b/i.exec(text)?.[1] ?? 0)
  if (wanted === 0) return null
  const topics = keyWords.filter((word) => !word.startsWith('word'))
  const words = Array.from({ length: wanted }, (_, index) => {
    const sentence = Math.floor(index / 8)
    const topic = topics[sentence % Math.max(topics.length, 1)] ?? 'this'
    return ['Sentence', String(sentence + 1), 'says', 'a', 'little', 'more', 'about', `${topic}.`][index % 8]
  })
  return words.join(' ')
}

const calculate: Shape = (_prompt, { text }) => {
  const sum = findSum(text)
  return sum === null ? null : `${sum.expression} = ${sum.value}`
}

const code: Shape = (_prompt, material) =>
  /\b(?:code|function|class|script|program|implement|regex|sql|query|python|typescript|javascript|bash|unit test)\b/i.test(
    material.text,
  )
    ? writeCode(material)
    : null

/** The first sentence and the two longest of the rest, in their order: a summary by extraction. */
const summarise: Shape = (_prompt, { text, sentences }) => {
  const instruction = /^.*\b(?:summar\w*|tl;?dr|key points|gist)\b[^:.\n]*[:.]?\s*/i
  if (!instruction.test(text)) return null
  const source = sentences.map((sentence) => sentence.replace(instruction, '')).filter((sentence) => sentence !== '')
  const [first, ...rest] = source
  if (first === undefined) return null
  const longest = rest.toSorted((a, b) => b.length - a.length).slice(0, 2)
  const kept = [first, ...rest.filter((sentence) => longest.includes(sentence))]
  return `In short:\n\n${kept.map((sentence) => `- ${shorten(sentence, 200)}`).join('\n')}`
}

const classify: Shape = (_prompt, { text }) => {
  const labels = /\b(?:classify|categori[sz]e|label|sentiment)\b[^:\n]*?\b(?:as|into|in)\b ([^:.\n]+)/i.exec(text)?.[1]
  const options =
    labels
      ?.split(/,|\bor\b|\band\b|\//)
      .map((label) => label.trim())
      .filter((label) => label !== '') ?? []
  const [first, ...rest] = options
  return first === undefined ? null : `Label: ${pick([first, ...rest], text)}`
}

const listWords = /^(?:list|steps?|ideas?|ways?|reasons?|plans?|names?|one|two|three|four|five|give|suggest)$/

const list: Shape = (_prompt, { keyWords }) => {
  const topics = keyWords.filter((word) => !listWords.test(word))
  if (topics.length === keyWords.length || topics.length === 0) return null
  return topics
    .slice(0, 5)
    .map((topic, index) => `${index + 1}. Something about ${topic}`)
    .join('\n')
}

const shapes: readonly Shape[] = [useToolResults, seeImages, fillWords, calculate, code, summarise, classify, list]

const echo = ({ keyWords, names, numbers, sentences }: Material): string => {
  const first = sentences[0]
  if (first === undefined) return 'The request has no text of the user to answer.'
  const points = [
    `- You wrote: ${shorten(first, 200)}`,
    ...(keyWords.length > 0 ? [`- Key words: ${keyWords.join(', ')}`] : []),
    ...(names.length > 0 ? [`- Names: ${names.join(', ')}`] : []),
    ...(numbers.length > 0 ? [`- Numbers: ${numbers.join(', ')}`] : []),
  ]
  return `What I took from the request:\n\n${points.join('\n')}`
}

const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`

const shorten = (text: string, most: number): string => {
  const characters = Array.from(text.trim())
  return characters.length > most ? `${characters.slice(0, most - 1).join('')}…` : characters.join('')
}
