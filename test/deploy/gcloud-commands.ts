/**
 * Every gcloud command that deploy/ runs, with every flag that it gives. Each is documented at
 * https://cloud.google.com/sdk/gcloud/reference/ with slashes for the spaces (`beta` first where it is said), and was
 * compared with the command tree of Google Cloud SDK 528.0.0 (2025-06-20). Where the SDK is on the machine,
 * real-gcloud.test.ts compares them again, by its own parser.
 */
export const gcloudCommands: Readonly<Record<string, readonly string[]>> = {
  'artifacts docker images describe': [],
  'artifacts repositories create': ['--repository-format', '--location', '--description'],
  'artifacts repositories describe': ['--location'],
  'auth print-access-token': [],
  'auth print-identity-token': [],
  'beta iap web add-iam-policy-binding': ['--resource-type', '--service', '--region', '--member', '--role'],
  'beta run services replace': ['--region'],
  'beta services identity create': ['--service'],
  'builds submit': ['--tag', '--region', '--timeout'],
  'compute networks subnets describe': ['--region'],
  'iam service-accounts create': ['--display-name'],
  'iam service-accounts describe': [],
  'projects add-iam-policy-binding': ['--member', '--role', '--condition'],
  'projects describe': [],
  'projects get-iam-policy': ['--filter'],
  'redis instances create': ['--size', '--tier', '--redis-version', '--region', '--network', '--enable-auth'],
  'redis instances describe': ['--region'],
  'redis instances get-auth-string': ['--region'],
  'run services add-iam-policy-binding': ['--region', '--member', '--role'],
  'run services describe': ['--region'],
  'run services update-traffic': ['--region', '--to-revisions'],
  'secrets add-iam-policy-binding': ['--member', '--role'],
  'secrets create': ['--replication-policy', '--labels'],
  'secrets describe': [],
  'secrets get-iam-policy': ['--filter'],
  'secrets list': ['--filter'],
  'secrets versions access': ['--secret'],
  'secrets versions add': ['--data-file'],
  'secrets versions list': ['--filter', '--sort-by', '--limit'],
  'services enable': [],
  'services list': ['--enabled'],
  'sql databases create': ['--instance'],
  'sql databases describe': ['--instance'],
  'sql instances create': [
    '--database-version',
    '--edition',
    '--tier',
    '--region',
    '--storage-auto-increase',
    '--backup-start-time',
    '--enable-point-in-time-recovery',
    '--deletion-protection',
  ],
  'sql instances describe': [],
  'sql users create': ['--instance'],
}

/** Flags that every command takes: https://cloud.google.com/sdk/gcloud/reference#GLOBAL-FLAGS */
const everywhere = ['--project', '--quiet', '--format', '--flatten', '--flags-file']

/** What is wrong with a command line by the list; null: nothing. */
export const commandFault = (argv: readonly string[]): string | null => {
  const command = commandOf(argv)
  if (command === null) return `no known command: gcloud ${argv.join(' ')}`
  const known = new Set([...everywhere, ...(gcloudCommands[command] ?? [])])
  const strange = argv.filter((word) => word.startsWith('-')).map((word) => word.split('=', 1)[0] ?? '')
  const unknown = strange.find((flag) => !known.has(flag))
  return unknown === undefined ? null : `gcloud ${command} is not known to take ${unknown}`
}

/** The longest command that a command line begins with. */
export const commandOf = (argv: readonly string[]): string | null =>
  Object.keys(gcloudCommands)
    .filter((command) => command.split(' ').every((word, index) => argv[index] === word))
    .toSorted((a, b) => b.length - a.length)[0] ?? null
