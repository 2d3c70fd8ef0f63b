import { AjvJsonSchemaValidator } from '@modelcontextprotocol/client/validators/ajv'
import { z } from 'zod'
import { canonicalJson } from '../../../lib/canonical.ts'
import type { ListedTool } from '../../mcp/client.ts'
import type { Check } from '../check.ts'
import { ill, unseen, works } from '../finding.ts'
import type { Finding } from '../finding.ts'

/** Hosts cut or ignore what is much longer, and every model pays for it on each turn. */
const longDescription = 1024

/** Whether models can use the tools: names, schemas, descriptions, hints, and the same list for every client. */
export const tools: Check = {
  name: 'tools',
  needsAdmission: true,
  async *examine({ connections, quote }) {
    const clients = connections.flatMap(({ client }) => (client === null ? [] : [client]))
    if (clients.length === 0) return
    const lists = await Promise.all(clients.map((client) => client.tools()))
    const [list = []] = lists
    if (list.length === 0) {
      yield unseen('not offered', 'list', 'The server has no tools.')
      return
    }
    const names = list.map(({ name }) => name)
    yield works('list', `${list.length} tools: ${quote(names.join(', '))}`, { tools: list.length })
    yield* judge(list, quote)
    if (lists.length > 1)
      yield canonicalJson(sorted(lists[0])) === canonicalJson(sorted(lists[1]))
        ? works('both eras', 'Clients of both see the same tools.')
        : ill(
            'wrong',
            'both eras',
            'Clients of the two eras see different tools.',
            'Look whether two versions of the gateway answer at this URL.',
          )
  },
}

function* judge(list: readonly ListedTool[], quote: (text: string) => string): Generator<Finding, void> {
  const faults: { subject: string; verdict: 'wrong' | 'warning'; good: string; faultOf: FaultOf; todo: string }[] = [
    { subject: 'schemas', verdict: 'wrong', good: 'All are valid.', faultOf: schemaFault, todo: schemaAdvice },
    {
      subject: 'descriptions',
      verdict: 'warning',
      good: 'Every tool and parameter has one.',
      faultOf: descriptionFault,
      todo: 'Models choose tools by their descriptions: write what it is for, briefly.',
    },
    {
      subject: 'annotations',
      verdict: 'warning',
      good: 'Every tool says whether it only reads.',
      faultOf: annotationFault,
      todo: 'Set readOnlyHint, and destructiveHint where it is false: hosts ask before they call what they know nothing of.',
    },
  ]
  for (const { subject, verdict, good, faultOf, todo } of faults) {
    const found = list.flatMap((tool) => {
      const fault = faultOf(tool)
      return fault === null ? [] : [`${tool.name}: ${fault}`]
    })
    yield found.length === 0 ? works(subject, good) : ill(verdict, subject, quote(found.join('; ')), todo)
  }
}

type FaultOf = (tool: ListedTool) => string | null

const schemaAdvice = 'Correct the JSON Schema (2020-12 unless "$schema" says otherwise); clients refuse the whole list.'

const objectSchema = z.looseObject({ type: z.literal('object') })
const withProperties = z.object({ properties: z.record(z.string(), z.unknown()) })

const schemaFault: FaultOf = ({ inputSchema, outputSchema }) => {
  const schemas = outputSchema === null ? [inputSchema] : [inputSchema, outputSchema]
  for (const schema of schemas) {
    const parsed = objectSchema.safeParse(schema)
    if (!parsed.success) return 'a schema that is not of type "object"'
    try {
      new AjvJsonSchemaValidator().getValidator(parsed.data)
    } catch (error) {
      return error instanceof Error ? error.message : 'a schema that cannot be read'
    }
  }
  return null
}

const described = z.object({ description: z.string().min(1) })

const descriptionFault: FaultOf = ({ description, inputSchema }) => {
  if (description.trim() === '') return 'no description'
  if (description.length > longDescription) return `a description of ${description.length} characters`
  const properties = Object.entries(withProperties.safeParse(inputSchema).data?.properties ?? {})
  const bare = properties.filter(([, schema]) => !described.safeParse(schema).success).map(([name]) => name)
  return bare.length === 0 ? null : `no description of ${bare.join(', ')}`
}

const hints = z.object({ readOnlyHint: z.boolean() })

const annotationFault: FaultOf = ({ annotations }) => (hints.safeParse(annotations).success ? null : 'none')

const sorted = (list: readonly ListedTool[] = []): unknown => list.toSorted((a, b) => (a.name < b.name ? -1 : 1))
