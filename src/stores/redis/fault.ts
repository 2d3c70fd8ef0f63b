/** What Redis and TLS say when it is not the network that is wrong but what the owner has set. */
const advices: readonly (readonly [RegExp, string])[] = [
  [/\b(?:WRONGPASS|NOAUTH|ERR (?:invalid password|AUTH|Client sent AUTH))/i, 'Correct user and password in REDIS_URL.'],
  [
    /\bNOPERM/,
    'Let this user run scripts and write keys: +@all ~gateway:* in its rules, or another prefix in REDIS_URL.',
  ],
  [/\bERR (?:DB index|SELECT)/i, 'Correct the number of the database in REDIS_URL.'],
  [
    /^ERR This instance has cluster support disabled/,
    'It is no cluster: leave cluster=true and further hosts out of REDIS_URL.',
  ],
  [/^(?:MOVED|CROSSSLOT)/, 'It is a cluster: add ?cluster=true to REDIS_URL.'],
  [
    /certificate|altnames|CERT_|wrong version number|packet length too long/i,
    'Correct the TLS of REDIS_URL: rediss:// or redis://, cacert, check.',
  ],
]

const textOf = (fault: unknown): string => {
  const inner = fault instanceof Error && 'lastNodeError' in fault ? fault.lastNodeError : fault
  return inner instanceof Error ? inner.message || inner.name : String(inner)
}

const adviceOf = (text: string): string | undefined => advices.find(([sign]) => sign.test(text))?.[1]

/** Whether waiting does not help: the server is there and is not to be used in this way. */
export const isSettingsFault = (fault: unknown): boolean => adviceOf(textOf(fault)) !== undefined

/** What is wrong with Redis, for its owner. */
export const describeFault = (fault: unknown): string => {
  const text = textOf(fault)
  const advice = adviceOf(text)
  return `Redis cannot be used: ${text}.${advice === undefined ? '' : ` ${advice}`}`
}
