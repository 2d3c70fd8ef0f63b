import type { Place, PlaceSettings } from '../../contract/settings.ts'

/** It answers from the machine itself, in milliseconds; who waits longer is not on Google's. */
const patienceMs = 1_000

/** Where we run. What the environment does not say the metadata server is asked for; who does not answer knows nothing. */
export const findPlace = async ({ metadataHost, ...said }: PlaceSettings): Promise<Place> => {
  if (metadataHost === null) return said
  const ask = (known: string | null, path: string): Promise<string | null> =>
    known === null ? readMetadata(metadataHost, path).catch(() => null) : Promise.resolve(known)
  const [project, region] = await Promise.all([
    ask(said.project, 'project/project-id'),
    ask(said.region, 'instance/region'),
  ])
  // On Cloud Run a region is told with its project before it: projects/NUMBER/regions/REGION.
  return { ...said, project, region: region?.split('/').at(-1) ?? null }
}

/** The header is asked for and sent back, so that no other server is mistaken for it. */
const readMetadata = async (host: string, path: string): Promise<string | null> => {
  const reply = await fetch(`http://${host}/computeMetadata/v1/${path}`, {
    headers: { 'metadata-flavor': 'Google' },
    redirect: 'error',
    signal: AbortSignal.timeout(patienceMs),
  })
  const text = (await reply.text()).trim()
  return reply.ok && reply.headers.get('metadata-flavor') === 'Google' && text !== '' ? text : null
}
