import { readFileSync } from 'node:fs'
import path from 'node:path'
import protobuf from 'protobufjs'
import { projectRoot } from '../../support/app.ts'

/**
 * Whether JSON is a message, field by field, by the descriptions that Google's own clients carry. The libraries that turn
 * JSON into messages are no judges: they pass over unknown fields, wrong enums and a second member of a oneof.
 */

const load = (name: string): protobuf.Root => {
  const file = path.join(projectRoot, 'node_modules', name, 'build/protos/protos.json')
  const root = protobuf.Root.fromJSON(JSON.parse(readFileSync(file, 'utf8')))
  root.resolveAll()
  return root
}

const roots = {
  dashboards: load('@google-cloud/monitoring-dashboards'),
  monitoring: load('@google-cloud/monitoring'),
  logging: load('@google-cloud/logging-api'),
}

const types = {
  Dashboard: roots.dashboards.lookupType('google.monitoring.dashboard.v1.Dashboard'),
  AlertPolicy: roots.monitoring.lookupType('google.monitoring.v3.AlertPolicy'),
  UptimeCheckConfig: roots.monitoring.lookupType('google.monitoring.v3.UptimeCheckConfig'),
  Service: roots.monitoring.lookupType('google.monitoring.v3.Service'),
  ServiceLevelObjective: roots.monitoring.lookupType('google.monitoring.v3.ServiceLevelObjective'),
  LogMetric: roots.logging.lookupType('google.logging.v2.LogMetric'),
  HttpRequest: roots.logging.lookupType('google.logging.type.HttpRequest'),
  WriteLogEntriesRequest: roots.logging.lookupType('google.logging.v2.WriteLogEntriesRequest'),
}

export type MessageName = keyof typeof types

/** What is wrong with a message, each with the place; none: it is one. */
export const protoFaults = (name: MessageName, json: unknown): string[] => [...walkMessage(types[name], json, name)]

const whole = new Set(['int32', 'uint32', 'sint32', 'fixed32', 'sfixed32'])
const long = new Set(['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'])

/** Messages that JSON writes in a way of their own. */
const special: Readonly<Record<string, (value: unknown) => boolean>> = {
  '.google.protobuf.Duration': (value) => typeof value === 'string' && /^-?\d+(\.\d{1,9})?s$/.test(value),
  '.google.protobuf.Timestamp': (value) => typeof value === 'string' && !Number.isNaN(Date.parse(value)),
  '.google.protobuf.BoolValue': (value) => typeof value === 'boolean',
  '.google.protobuf.Struct': (value) => typeof value === 'object' && value !== null,
  '.google.protobuf.Empty': (value) => typeof value === 'object' && value !== null && Object.keys(value).length === 0,
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function* walkMessage(type: protobuf.Type, json: unknown, at: string): Generator<string> {
  const own = special[type.fullName]
  if (own !== undefined) {
    if (!own(json)) yield `${at} is no ${type.name}`
    return
  }
  if (!isObject(json)) return yield `${at} is no object (${type.name})`
  for (const [key, value] of Object.entries(json)) {
    const field = type.fields[key]
    if (field === undefined) yield `${at}.${key} is no field of ${type.name}`
    else yield* walkField(field, value, `${at}.${key}`)
  }
  for (const { fieldsArray, name } of type.oneofsArray) {
    if (name.startsWith('_')) continue
    const given = fieldsArray.map((field) => field.name).filter((key) => key in json)
    if (given.length > 1) yield `${at} has ${given.join(' and ')}, of which one may be`
  }
}

function* walkField(field: protobuf.Field, value: unknown, at: string): Generator<string> {
  if (field instanceof protobuf.MapField) {
    if (!isObject(value)) return yield `${at} is no map`
    for (const [key, entry] of Object.entries(value)) yield* walkValue(field, entry, `${at}.${key}`)
    return
  }
  if (!field.repeated) return yield* walkValue(field, value, at)
  if (!Array.isArray(value)) return yield `${at} is no list`
  for (const [index, entry] of value.entries()) yield* walkValue(field, entry, `${at}[${index}]`)
}

function* walkValue({ type, resolvedType }: protobuf.Field, value: unknown, at: string): Generator<string> {
  if (resolvedType instanceof protobuf.Type) return yield* walkMessage(resolvedType, value, at)
  if (resolvedType instanceof protobuf.Enum) {
    if (typeof value !== 'string' || !(value in resolvedType.values))
      yield `${at} is no ${resolvedType.name}: ${String(value)}`
    return
  }
  if (!isScalar(type, value)) yield `${at} is no ${type}`
}

const isScalar = (type: string, value: unknown): boolean => {
  if (type === 'string' || type === 'bytes') return typeof value === 'string'
  if (type === 'bool') return typeof value === 'boolean'
  if (whole.has(type)) return Number.isInteger(value)
  if (long.has(type)) return Number.isInteger(value) || (typeof value === 'string' && /^-?\d+$/.test(value))
  return typeof value === 'number'
}
