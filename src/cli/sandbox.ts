import { once } from 'node:events'
import { openCountingSandbox } from '../open-parts.ts'
import type { FullFault } from '../sandbox/fault.ts'
import { faultList } from '../sandbox/fault-list.ts'
import { untilStopped } from './until-stopped.ts'

interface SandboxFlags {
  port: number
  fault: readonly (FullFault | 'list')[]
  faultTimes?: number
  faultRow?: string
  faultModel?: string
}

/** Serves the sandbox alone, for trying clients and other gateways against it; with faults, if so told. */
export const sandbox = async ({ port, fault, faultTimes, faultRow, faultModel }: SandboxFlags): Promise<void> => {
  const faults = fault.filter((ordered) => ordered !== 'list')
  if (faults.length < fault.length) return void process.stdout.write(faultList())
  using stop = untilStopped()
  await using server = await openCountingSandbox({ port })
  const match = { ...(faultRow && { row: faultRow }), ...(faultModel && { model: faultModel }) }
  if (faults.length > 0) server.setFault(match, faults, faultTimes)
  process.stdout.write(`The sandbox listens.
  OpenAI-shaped base URL      ${server.url}/v1
  Anthropic-shaped base URL   ${server.url}
  Gemini-shaped base URL      ${server.url}/v1beta
  any key, any model; every answer is simulated
`)
  for (const { kind, ...fields } of faults) process.stdout.write(`  fault: ${kind} ${JSON.stringify(fields)}\n`)
  if (!stop.signal.aborted) await once(stop.signal, 'abort')
}
