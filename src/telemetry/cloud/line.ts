import type { Place } from '../../contract/settings.ts'
import type { LogContext } from '../log-context.ts'
import { sayError } from '../say-error.ts'

/** Fields of a line by which Cloud Logging fills the entry's own: https://cloud.google.com/logging/docs/structured-logging */
export const field = {
  trace: 'logging.googleapis.com/trace',
  spanId: 'logging.googleapis.com/spanId',
  isSampled: 'logging.googleapis.com/trace_sampled',
  labels: 'logging.googleapis.com/labels',
} as const

/** Error Reporting groups what has this type, a stack and the service: https://cloud.google.com/error-reporting/docs/formatting-error-messages */
const reported = 'type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent'

interface CloudLines {
  place: Pick<Place, 'project' | 'service' | 'revision'>
  version: string
  instanceId: string
  context: Pick<LogContext, 'current'>
}

/** The trace of the running request, as Cloud Logging names traces: only within a project. */
export const traceFields = (
  project: string | null,
  request: ReturnType<LogContext['current']>,
): Readonly<Record<string, string | boolean>> => {
  if (project === null || !request || request.traceId === null) return {}
  return {
    [field.trace]: `projects/${project}/traces/${request.traceId}`,
    ...(request.spanId === null ? {} : { [field.spanId]: request.spanId }),
    [field.isSampled]: request.isSampled,
  }
}

/** What a line has in Cloud Logging beside what is logged. @param isError its level is `error` */
export const createCloudFields = ({ place, version, instanceId, context }: CloudLines) => {
  const ours = { instance: instanceId, version }
  const serviceContext = { service: place.service ?? 'ai-gateway-mcp', version: place.revision ?? version }

  return (fields: object, isError: boolean): Readonly<Record<string, unknown>> => {
    const request = context.current()
    const error: unknown = isError && 'err' in fields ? fields.err : undefined
    return {
      ...traceFields(place.project, request),
      [field.labels]: request ? { ...ours, request_id: request.requestId } : ours,
      ...(error instanceof Error ? { '@type': reported, serviceContext, stack_trace: sayError(error).stack } : {}),
    }
  }
}
