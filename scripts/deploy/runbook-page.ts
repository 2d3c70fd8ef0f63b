/** A heading's anchor, as GitHub makes it. */
export const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')

/** What docs/runbook.md says under the heading with this anchor, without the heading; null where there is none. */
export const runbookPage = (runbook: string, anchor: string): string | null => {
  for (const part of runbook.split(/^## /m).slice(1)) {
    const end = part.indexOf('\n')
    if (anchorOf(part.slice(0, end)) === anchor) return part.slice(end + 1).trim()
  }
  return null
}
