import { z } from 'zod'
import { scopes } from '../../contract/caller.ts'

/** RFC 6749 §3.3: a scope is printable ASCII without blanks, quotes and backslashes. */
const scopeToken = z.string().regex(/^[\x21\x23-\x5b\x5d-\x7e]+$/, 'must be one word without quotes and backslashes')

const label = z.string().regex(/^[\w.-]{1,64}$/, 'must be 1 to 64 letters, digits, dots, hyphens and underscores')

const caller = z
  .strictObject({
    issuer: z.string().min(1).optional().describe('The token is from this issuer; needed where there are several.'),
    subject: z.string().min(1).optional().describe("The token's `sub`."),
    email: z.email().optional().describe("The token's email, which its issuer must call verified."),
    domain: z
      .string()
      .regex(/^[\w-]+(\.[\w-]+)+$/, 'must be a domain such as example.com')
      .optional()
      .describe('Domain of the verified email; of Google and IAP the `hd` claim, which only managed accounts have.'),
    group: z.string().min(1).optional().describe('The token names this group.'),
    principal: z
      .string()
      .regex(/^oauth_[0-9a-f]{32}$/, 'must be an id that a refused caller was told, such as oauth_…')
      .optional()
      .describe('Id that a refused caller was told.'),
    id: label
      .refine((id) => !/^oauth_|^local$/.test(id), 'is kept for those who have no id of their own')
      .optional()
      .describe(
        'One id for everybody whom the row is about: they share rate limit, cache and bill. Unset: each has his own.',
      ),
    name: z
      .string()
      .regex(/^[^\p{Cc}]{1,100}$/u, 'must be 1 to 100 characters on one line')
      .describe('Name in ledger, log and reports.'),
    scope: z.enum(scopes).default('use').describe('The most that they may do: `use` or `admin`.'),
    team: label.optional().describe('Team that they belong to.'),
    tenant: label.optional().describe('Tenant that they belong to.'),
  })
  .refine(
    ({ subject, email, domain, group, principal }) =>
      [subject, email, domain, group, principal].some((said) => said !== undefined),
    'must say whom it is about: subject, email, domain, group or principal',
  )

/** config/callers.yaml */
export const callersFile = z.strictObject({
  scopes: z
    .strictObject({
      use: scopeToken
        .nullable()
        .default('gateway:use')
        .describe('Scope that a token needs for anything; null: none is needed.'),
      admin: scopeToken
        .nullable()
        .default('gateway:admin')
        .describe("Scope that a token needs beside a row's `scope: admin`; null: the row is enough."),
    })
    .prefault({})
    .describe('What the scopes are called in access tokens. Google and IAP know none: there the rows alone decide.'),
  groups_claim: z.string().min(1).default('groups').describe("Claim of the token that holds its subject's groups."),
  unmapped: z
    .enum(['refuse', 'use'])
    .default('refuse')
    .describe('What becomes of those whom no row is about: `refuse`, or `use` for a caller of scope `use`.'),
  callers: z.array(caller).default([]).describe('Who is who; the first row that fits counts.'),
})
export type CallersEntry = z.infer<typeof callersFile>
