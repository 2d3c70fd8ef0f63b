/** What came back, as far as it came. */
export interface Heard {
  /** Null where no reply began. */
  status: number | null
  text: string
  /** `hang`: it was not over when the caller's patience was; `dropped`: the connection broke. */
  ending: 'complete' | 'dropped' | 'hang'
}

/** Where a gateway is asked, and what it wants beside the question. */
export interface Door {
  /** Of the chat endpoint. */
  url: string
  headers: Readonly<Record<string, string>>
}

const question = {
  model: 'gpt-6-luna',
  messages: [{ role: 'user', content: 'Tell me of the sea.' }],
  max_completion_tokens: 60,
}

/** Asks the one question of the bench, and listens until the end or for `callerMs`. */
export const ask = async ({ url, headers }: Door, stream: boolean, callerMs: number): Promise<Heard> => {
  const signal = AbortSignal.timeout(callerMs)
  const decoder = new TextDecoder()
  let status: Heard['status'] = null
  let text = ''
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ ...question, stream }),
      signal,
    })
    status = response.status
    for await (const chunk of response.body ?? []) text += decoder.decode(chunk, { stream: true })
    return { status, text, ending: 'complete' }
  } catch {
    return { status, text, ending: signal.aborted ? 'hang' : 'dropped' }
  }
}
