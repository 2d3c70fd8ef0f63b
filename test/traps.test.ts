import { globSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const requests = 'test/providers/traps-in-requests.test.ts'
const replies = 'test/providers/traps-in-replies.test.ts'
const usage = 'test/providers/traps-in-usage.test.ts'
const gateway = 'test/gateway/traps.test.ts'
const responses = 'test/providers/openai-responses/answer.test.ts'
const gemini = (part: string): string => `test/providers/gemini/${part}.test.ts`

/** What hurt gateways before, on the wires of model providers, and the files with a test that has its number. */
const traps: readonly [number, string, readonly string[]][] = [
  [1, 'max_tokens and max_completion_tokens', [requests]],
  [2, 'sampling parameters that reasoning models refuse', [requests]],
  [3, 'tools with reasoning on the chat wire', [requests]],
  [4, 'roles of instructions, and instructions within a conversation', [requests]],
  [5, 'Anthropic needs max_tokens', [requests, replies]],
  [6, 'forms of tool-call ids', [requests]],
  [7, 'Anthropic wants all results in one turn', [requests]],
  [8, 'Gemini pairs results by name, count and order', [gemini('signatures')]],
  [9, 'thought signatures must come back', [replies, gemini('signatures')]],
  [10, 'parallel calls that are numbered badly', [replies, gemini('answer')]],
  [11, 'finish reasons that say something else than the answer', [replies, gemini('answer')]],
  [12, 'Gemini reads a part of JSON Schema', [gemini('schema')]],
  [13, 'DeepSeek wants its thoughts back', [requests, replies]],
  [14, 'usage in streams', [requests, usage]],
  [15, 'cached tokens', [usage, responses, gemini('answer')]],
  [16, 'thoughts of Gemini are output', [gemini('answer')]],
  [17, 'errors inside a reply with status 200', [replies, responses, gemini('answer')]],
  [18, 'how long to wait, and 529', ['test/providers/refusal.test.ts', gateway]],
  [19, 'streams as they really come', [replies]],
  [20, 'what OpenRouter says that it cost', [usage]],
  [21, 'usage of responses that did not complete', [responses]],
  [22, 'content-encoding', ['test/providers/http.test.ts', gateway]],
  [23, 'limits that callers share', [gateway]],
]

const root = path.resolve(import.meta.dirname, '..')

/** `file 9` for each describe of it whose name begins with the number, alone or among others. */
const numbered = new Set(
  globSync('test/{providers,gateway}/**/*.test.ts', { cwd: root }).flatMap((file) =>
    [...readFileSync(path.join(root, file), 'utf8').matchAll(/^describe\('((?:\d+, )*\d+): /gm)].flatMap(([, list]) =>
      (list ?? '').split(', ').map((number) => `${file.split(path.sep).join('/')} ${number}`),
    ),
  ),
)

test('the table knows every trap', () => {
  expect(traps.map(([number]) => number)).toEqual(Array.from({ length: 23 }, (_, index) => index + 1))
})

test.each(traps)('%i: %s, has its tests', (number, _what, files) => {
  expect(files.filter((file) => !numbered.has(`${file} ${number}`))).toEqual([])
})

test('no test has the number of a trap without being in the table', () => {
  const listed = new Set(traps.flatMap(([number, , files]) => files.map((file) => `${file} ${number}`)))
  expect([...numbered].filter((place) => !listed.has(place))).toEqual([])
})
