import type { Finding } from './finding.ts'
import type { Patient } from './patient.ts'

/** One thing that the doctor looks at. What it throws is a finding against the gateway, and stops no other check. */
export interface Check {
  name: string
  /** Whether it can say nothing of a gateway that does not let the doctor in. */
  needsAdmission: boolean
  examine(patient: Patient, signal: AbortSignal): AsyncIterable<Finding>
}
