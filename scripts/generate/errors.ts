import { errorTable } from '../../src/contract/errors.ts'

/** docs/errors.md */
export const renderErrors = (): string => {
  const rows = Object.entries(errorTable).map(
    ([code, { status, type, retryable, advice }]) =>
      `| \`${code}\` | ${status} | \`${type}\` | ${retryable ? 'yes' : 'no'} | ${advice} |`,
  )
  return `<!-- Generated from src/contract/errors.ts by "npm run generate". -->

# Errors

Every refusal has a code. Over HTTP it is \`error.code\` of an OpenAI-shaped body, with the status and type below; over
MCP the tool's result is an error with the same code and advice. "Retry" says whether the same request may succeed
later; where the gateway knows how long to wait, \`retry-after\` says so.

| Code | Status | Type | Retry | What to do |
| --- | --- | --- | --- | --- |
${rows.join('\n')}
`
}
