import type { ChatRequest } from '../contract/chat.ts'
import type { Task } from '../contract/plan.ts'

// When two texts that differ in capitals, spaces and marks alone are the same question, and when they are not.

/** Why only the very same request may have the answer of another. */
export type FormRefusal =
  | 'tools'
  | 'structured'
  /** The caller wants the very same sampling, or to see it. */
  | 'sampling'
  /** Pictures, sounds, files. */
  | 'not_text'
  /** Tool results, or what somebody said of them. */
  | 'tool_results'
  /** Code, a path, a query, a log: a space or a capital can be all that matters. */
  | 'code'
  /** What is asked is about the form: "correct this", "how many letters". */
  | 'form'

/** Kinds of work whose answer is made of the text's own letters. */
const letterTasks: ReadonlySet<Task> = new Set(['code', 'rewrite', 'translation', 'extraction', 'creative'])

export const judgeForm = (request: ChatRequest, task: Task, question: string): FormRefusal | null => {
  if (request.tools.length > 0) return 'tools'
  if (request.responseFormat && request.responseFormat.type !== 'text') return 'structured'
  if (request.seed !== undefined || request.logprobs === true || (request.n ?? 1) > 1) return 'sampling'
  for (const message of request.messages) {
    if (message.role === 'tool') return 'tool_results'
    if (message.role === 'assistant' && message.toolCalls.length > 0) return 'tool_results'
    if (message.content.some(({ type }) => type !== 'text')) return 'not_text'
  }
  if (looksLikeCode(question)) return 'code'
  return letterTasks.has(task) || asksAboutForm(question) ? 'form' : null
}

const codeShapes: readonly RegExp[] = [
  /```|~~~/u,
  // A call, a member, an assignment, a block, a tag, a comment.
  /\w\(\)|\w\([^)\s]*\)\.|=>|[{};]\s*$|^\s*(?:#include\b|from [\w.]+ import\b|(?:def|fn|func|function) \w+\(|class \w+\s*[({:]|(?:const|let|var) \w+ *=|return\b.*;\s*$)/mu,
  /<\/?[a-z][\w-]*(?:\s[^>]*)?>|<!--|\/\*|^\s*\/\//imu,
  /[!=<>]==?|&&|\|\||::|\+\+|->|:=|\$\{|\\[nrt"'\\]/u,
  // Queries, differences of files, traces of failures.
  /\bselect\b.+\bfrom\b.+(?:\bwhere\b|;|\bjoin\b|\blimit\b)|\binsert into\b|\bupdate\b.+\bset\b.+\bwhere\b|\bcreate table\b/isu,
  /^(?:diff --git|@@ .+ @@|[-+]{3} )/mu,
  /^\s*at .+[:(]\d+|^Traceback|\b\w+(?:Error|Exception)\b:/mu,
  // Paths, addresses, names of files, options of commands, names with marks inside.
  /(?:^|\s)(?:~|\.{1,2})?\/[\w.-]+\/|\b[a-z]:\\|\b\w+:\/\/|\b(?!(?:node|vue|next|nuxt|react|express|three|ember|angular|d3|chart)\.js\b)[\w-]+\.(?:tsx?|jsx?|py|rs|go|java|c|cpp|h|rb|php|sh|ya?ml|json|toml|sql|css|html?|md|txt|csv|log|exe|conf)\b/iu,
  /(?:^|\s)--?[a-z][\w-]*(?:[= ]|$)|(?:^|\s)[$>] \S/mu,
  /\b[a-z]+(?:_[a-z\d]+)+\b|\b[a-z]{2,}\d*(?:[A-Z][a-z\d]+)+\b/u,
]

/** Whether a text has code, a query, a path or a machine's own words in it. */
const looksLikeCode = (text: string): boolean => codeShapes.some((shape) => shape.test(text))

const formWords =
  /\b(?:punctuat\w*|grammar|grammatical\w*|spell(?:s|ed|ing)?|misspell\w*|typos?|capital (?:letters?|case)|capitali[sz]\w*|(?:upper|lower)[- ]?case|letters?|characters?|syllables?|vowels?|consonants?|commas?|apostrophes?|hyphens?|colons?|semicolons?|quot(?:e|es|ation marks?)|whitespaces?|spaces|verbatim|word[- ]?count|proof-?read\w*|rephrase|paraphrase|rewrite|reword|anagrams?|palindromes?|acronyms?|rhymes?|regex\w*|regular expressions?|abbreviat\w*|how many words|count the|reverse the|correct (?:this|the|my)|fix (?:this|the|my)|case[- ]sensitive)\b/iu

/** "How do you spell …": an answer about letters is right for these letters only. */
const asksAboutForm = (text: string): boolean => formWords.test(text)
