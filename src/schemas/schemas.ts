import { Ajv2020 } from 'ajv/dist/2020.js'
import { invalid } from '../contract/border.ts'
import type { GatewayError } from '../contract/errors.ts'
import type { JsonObject } from '../contract/json.ts'
import { canonicalJson } from '../lib/canonical.ts'
import { createLru } from '../lib/lru.ts'
import { SchemaFault, surveySchema } from './survey.ts'
import { compileValidator } from './validator.ts'
import type { Verdict } from './validator.ts'

/** Callers' own JSON Schemas (2020-12). */
export interface Schemas {
  /**
   * The check of a schema, compiled once and kept for the next request with the same.
   * @param param what the caller calls the schema
   * @throws GatewayError invalid_request, whose `param` is the path of what is wrong with the schema
   */
  compile(schema: JsonObject, param: string): Check
}

/** Holds a value against a schema. Never throws, and ends after a bounded number of steps. */
export type Check = (value: unknown) => Verdict

/** A step takes some 20 ns and at most about 200; honest schemas need one or two for each character of the answer. */
const maxSteps = 2_000_000
/** Every misfit is told where that takes few steps: each step can bring one. */
const maxStepsToTellAll = 20_000

/** Characters of all schemas whose checks are kept. A check takes some twenty times the memory of its schema's text. */
const charsKept = 1_000_000

export const createSchemas = (): Schemas => {
  const kept = createLru<string, { check: Check }>({ max: charsKept, weigh: ({ length }) => length })
  let meta: Ajv2020 | null = null

  const make = (schema: JsonObject): Check => {
    const subschemas = surveySchema(schema)
    meta ??= new Ajv2020({ strict: false, logger: false, code: { optimize: false } })
    checkAgainstMeta(meta, schema)
    const judge = compileValidator(schema, subschemas, { maxSteps, allErrors: false })
    let tellAll: Check | null = null
    return (value) => {
      const verdict = judge(value)
      if (verdict.fits !== false) return verdict
      tellAll ??= compileValidator(schema, subschemas, { maxSteps: maxStepsToTellAll, allErrors: true })
      const told = tellAll(value)
      return told.fits === false ? told : verdict
    }
  }

  return {
    compile: (schema, param) => {
      try {
        return kept.get(canonicalJson(schema), () => ({ check: make(schema) })).check
      } catch (thrown) {
        throw faultAt(thrown, param)
      }
    },
  }
}

/** Without `$schema`: older drafts are read as 2020-12, which nobody has written down at the front of every schema. */
const checkAgainstMeta = (meta: Ajv2020, { $schema: _draft, ...schema }: JsonObject): void => {
  if (meta.validateSchema(schema) === true) return
  const [error] = meta.errors ?? []
  throw new SchemaFault(error?.instancePath ?? '', `${error?.message ?? 'is no JSON Schema'}.`)
}

const faultAt = (thrown: unknown, param: string): GatewayError => {
  if (thrown instanceof SchemaFault) return invalid(`${param}${pathOf(thrown.pointer)}`, thrown.message)
  // Ajv and RE2 say why in a line; a schema too deep for them overflows their stack.
  const why =
    thrown instanceof RangeError || !(thrown instanceof Error) ? 'it is too deep' : thrown.message.slice(0, 200)
  return invalid(param, `cannot be compiled: ${why}.`)
}

/** A pointer as a path of fields, each shown short enough to be found: `/properties/a/type` is `.properties.a.type`. */
const pathOf = (pointer: string): string =>
  pointer
    .split('/')
    .slice(1)
    .map((step) => `.${step.replaceAll('~1', '/').replaceAll('~0', '~').slice(0, 64)}`)
    .join('')
