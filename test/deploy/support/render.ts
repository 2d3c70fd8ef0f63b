import { execFileSync } from 'node:child_process'
import path from 'node:path'
import { parse } from 'yaml'
import { projectRoot } from '../../support/app.ts'
import type { Loose } from './loose.ts'

/** What deploy.sh sets for a small service with everything. */
export const usualValues: Readonly<Record<string, string>> = {
  SERVICE: 'ai-gateway',
  REVISION: 'ai-gateway-20261121-120000-3f9a1c',
  PROJECT: 'acme',
  REGION: 'europe-west1',
  IMAGE: `europe-docker.pkg.dev/acme/ai-gateway/gateway@sha256:${'ab'.repeat(32)}`,
  SERVICE_ACCOUNT: 'ai-gateway@acme.iam.gserviceaccount.com',
  MIN_INSTANCES: '0',
  MAX_INSTANCES: '10',
  INVOKER_CHECK_OFF: 'true',
  IAP_ENABLED: '',
  AUTH_MODE: 'api-key',
  OAUTH_VERIFIER: '',
  OAUTH_AUDIENCE: '',
  PUBLIC_URL: 'https://ai-gateway-424242.europe-west1.run.app',
  ALLOWED_HOSTS: 'ai-gateway-424242.europe-west1.run.app,candidate---ai-gateway-424242.europe-west1.run.app',
  DATA_DIR: '/tmp/ai-gateway',
  OTLP_ENDPOINT: 'https://telemetry.googleapis.com',
  CLOUDSQL_INSTANCE: 'acme:europe-west1:pg',
  NETWORK_INTERFACES: '[{"network":"default","subnetwork":"default"}]',
  VPC_EGRESS: 'private-ranges-only',
  MONITORING_SECRET: 'ai-gateway-run-monitoring',
  MONITORING_SECRET_VERSION: '3',
}

export const usualFlags = [
  '--secret=OPENAI_API_KEY=ai-gateway-openai-api-key:2',
  '--secret=DATABASE_URL=ai-gateway-database-url:1',
  '--secret=API_KEY_HASHES=ai-gateway-api-key-hashes:1',
  '--env=PROVIDERS=openai',
]

const rendered = new Map<string, string>()

/** Runs the renderer as deploy.sh does; once for the same values. */
export const renderText = (values = usualValues, flags: readonly string[] = usualFlags): string => {
  const asked = JSON.stringify([values, flags])
  const text = rendered.get(asked) ?? run(values, flags)
  rendered.set(asked, text)
  return text
}

const run = (values: Readonly<Record<string, string>>, flags: readonly string[]): string => {
  const set = Object.entries(values).map(([name, value]) => `--set=${name}=${value}`)
  const args = ['scripts/deploy/render-service.ts', 'deploy/service.yaml', ...set, ...flags]
  return execFileSync(process.execPath, args, { cwd: path.resolve(projectRoot), encoding: 'utf8', stdio: 'pipe' })
}

export const render = (values = usualValues, flags: readonly string[] = usualFlags): Loose =>
  parse(renderText(values, flags))
