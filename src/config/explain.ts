import { z } from 'zod'
import { didYouMean } from '../contract/did-you-mean.ts'

type Schema = z.core.JSONSchema.BaseSchema

/** What is wrong at one place of a value, and what belongs there. */
export interface Explanation {
  path: PropertyKey[]
  problem: string
  advice: string
}

/** zod's issues in words that say what to do: the schema's own descriptions are the advice. */
export const explainIssues = (schema: z.ZodType, issues: readonly z.core.$ZodIssue[]): Explanation[] => {
  const root = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  return issues.flatMap((issue) => explainIssue(root, issue))
}

const explainIssue = (root: Schema, issue: z.core.$ZodIssue): Explanation[] => {
  if (issue.code === 'unrecognized_keys') {
    const known = keysAt(root, issue.path)
    return issue.keys.map((key) => ({
      path: [...issue.path, key],
      problem: 'unknown key',
      advice: suggestion(key, known),
    }))
  }
  const description = describedAt(root, issue.path)
  const advice = description === null ? 'correct it' : belongs(description)
  const isMissing = issue.code === 'invalid_type' && issue.message.endsWith('received undefined')
  return [{ path: issue.path, problem: isMissing ? 'is missing' : lowerFirst(issue.message), advice }]
}

/** "did you mean …" where one of the known words is near, else all of them. */
export const suggestion = (word: string, known: readonly string[]): string => {
  const near = didYouMean(word, known)
  return near === null ? `known here: ${known.join(', ')}` : `did you mean "${near}"?`
}

/** A setting's description as advice. */
export const belongs = (description: string): string => `here belongs: ${lowerFirst(description.replace(/\.$/, ''))}`

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

/** Every schema that may describe the value at a path: several where the schema is a union. */
const schemasAt = (root: Schema, path: readonly PropertyKey[]): Schema[] =>
  path.reduce<Schema[]>((schemas, key) => schemas.flatMap((schema) => stepInto(schema, key)), branches(root))

const stepInto = (schema: Schema, key: PropertyKey): Schema[] => {
  const { items, additionalProperties, properties } = schema
  const next = typeof key === 'number' ? items : (properties?.[String(key)] ?? additionalProperties)
  return typeof next === 'object' && !Array.isArray(next) ? branches(next) : []
}

const branches = (schema: Schema): Schema[] => {
  const options = schema.anyOf ?? schema.oneOf
  return options ? [schema, ...options.flatMap(branches)] : [schema]
}

const keysAt = (root: Schema, path: readonly PropertyKey[]): string[] =>
  schemasAt(root, path).flatMap(({ properties, propertyNames }) => [
    ...Object.keys(properties ?? {}),
    ...(typeof propertyNames === 'object' ? (propertyNames.enum ?? []).map(String) : []),
  ])

const describedAt = (root: Schema, path: readonly PropertyKey[]): string | null =>
  schemasAt(root, path).find(({ description }) => description !== undefined)?.description ?? null
