/** Fields of OpenAI's own that stricter servers answer with 422. */
export const openaiOnly: ReadonlySet<string> = new Set([
  'audio',
  'moderation',
  'prediction',
  'prompt_cache_key',
  'prompt_cache_options',
  'prompt_cache_retention',
  'safety_identifier',
  'service_tier',
  'store',
  'verbosity',
  'web_search_options',
])

/** They mark the caller's bill at the gateway as well: nobody misses them where they are not taken. */
export const marks: ReadonlySet<string> = new Set(['user', 'metadata'])
