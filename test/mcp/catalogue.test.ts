import { readFile, readdir } from 'node:fs/promises'
import path from 'node:path'
import { countTokens } from 'gpt-tokenizer'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { tools } from '../../src/mcp/tools/index.ts'
import { withCatalogue } from './support/catalogue-table.ts'
import type { ListedTool } from './support/catalogue-table.ts'
import { earlierCall, post } from './support/post.ts'
import { serveMcp } from './support/serve.ts'

const folder = path.resolve(import.meta.dirname, '../../src/mcp/tools')
const docs = path.resolve(import.meta.dirname, '../../docs/mcp-tools.md')

/** Every client pays for the list with its context: raise this only for something worth it. */
const tokenBudget = 13_700

test('every file in tools/ is in the list, and nothing else', async () => {
  const files = (await readdir(folder)).filter((file) => file !== 'index.ts').map((file) => file.replace('.ts', ''))
  expect(tools.map(({ name }) => name.replaceAll('_', '-')).toSorted()).toEqual(files.toSorted())
})

test('there are few enough tools for a model to choose from', () => {
  expect(tools.length).toBeLessThanOrEqual(25)
  expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length)
})

test('the list is the same every time and fits its budget of tokens', async () => {
  await using server = await serveMcp()
  const list = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' })
  const [first, second] = [await post(server.url, list), await post(server.url, list, { 'x-test-caller': 'user' })]
  expect(first.message).toEqual(second.message)
  const tokens = countTokens(JSON.stringify(first.message))
  expect(tokens).toBeLessThan(tokenBudget)
  await expect(`${JSON.stringify(first.message, null, 2)}\n`).toMatchFileSnapshot('tools-list.snap')
})

test('docs/mcp-tools.md has the arguments, the annotations and the cost in tokens of every tool as they are', async () => {
  await using server = await serveMcp()
  const { message } = await post(server.url, JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }))
  const { result } = message as { result: { tools: ListedTool[] } }
  await expect(withCatalogue(await readFile(docs, 'utf8'), result.tools)).toMatchFileSnapshot(docs)
})

test('docs/mcp-tools.md names nothing in the section of a tool that its schemas do not have', async () => {
  const [, ...sections] = (await readFile(docs, 'utf8')).split(/^## /m)
  // What a progress notification has; the tools' own words are below.
  const ofProgress = ['message', 'progress']
  for (const [index, tool] of tools.entries()) {
    const schemas = JSON.stringify([z.toJSONSchema(tool.input, { io: 'input' }), z.toJSONSchema(tool.output)])
    const prose = (sections[index] ?? '').replaceAll(/```[^]*?```/g, '')
    const named = [...prose.matchAll(/`([a-z_]+)`/g)].map((match) => match[1] ?? '')
    const unknown = named.filter((word) => !schemas.includes(`"${word}"`) && !ofProgress.includes(word))
    expect(unknown, tool.name).toEqual([])
  }
})

test('docs/mcp-tools.md has a section for every tool, and its examples are good arguments', async () => {
  const [, ...sections] = (await readFile(docs, 'utf8')).split(/^## /m)
  expect(sections.map((section) => section.slice(0, section.indexOf('\n')))).toEqual(tools.map(({ name }) => name))
  for (const [index, { name, input }] of tools.entries()) {
    const examples = [...(sections[index] ?? '').matchAll(/```json\n([^`]+)```/g)].map((match) => match[1] ?? '')
    expect(examples.length, name).toBeGreaterThan(0)
    for (const example of examples)
      expect(input.safeParse(JSON.parse(example)).error, `${name}: ${example}`).toBeUndefined()
  }
})

describe.each(tools.map((tool) => ({ name: tool.name, tool })))('$name', ({ tool }) => {
  test('has a name, a title and a description that says when to use it, when not, and what it costs', () => {
    expect(tool.name).toMatch(/^[a-z][a-z0-9_]{2,63}$/)
    expect(tool.title.length).toBeGreaterThan(5)
    expect(tool.description.length).toBeGreaterThan(120)
    expect(tool.description.length).toBeLessThan(800)
    expect(tool.description).toContain('Use it ')
    expect(tool.description).toMatch(/\bNot for /)
    expect(tool.description).toMatch(/Free|Cost: /)
  })

  test('says all four annotations, and they do not contradict each other', () => {
    const { readOnlyHint, destructiveHint, idempotentHint, openWorldHint } = tool.annotations
    for (const hint of [readOnlyHint, destructiveHint, idempotentHint, openWorldHint])
      expect(hint).toBeTypeOf('boolean')
    expect(readOnlyHint && destructiveHint).toBe(false)
  })

  test('describes every parameter and refuses unknown ones', () => {
    const schema = z.toJSONSchema(tool.input, { io: 'input' })
    expect(schema.additionalProperties).toBe(false)
    for (const [name, property] of Object.entries(schema.properties ?? {})) {
      expect(property, name).toBeTypeOf('object')
      if (typeof property !== 'object') continue
      expect(property.description?.length ?? 0, name).toBeGreaterThan(10)
      const required = schema.required?.includes(name) ?? false
      if (!required && !['prompt', 'messages', 'input_tokens', 'from', 'until'].includes(name))
        expect(property.description, name).toMatch(/Default: /)
    }
  })

  test('answers a call that it cannot read with an error, not with a failure', async () => {
    await using server = await serveMcp()
    const { message } = await post(server.url, earlierCall(tool.name, { nonsense: 1 }))
    expect(message).toMatchObject({ result: { isError: true, content: [{ type: 'text' }, { type: 'text' }] } })
    expect(JSON.stringify(message)).toMatch(/invalid_request: .* What to do: /)
    expect(server.errors).toEqual([])
  })
})
