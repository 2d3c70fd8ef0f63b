import type { SnapshotPlace } from '../../../src/perception/protocol.ts'

export const placeIn = (folder: string): SnapshotPlace => ({ folder, key: new Uint8Array(32).fill(7) })
