import type { SealedEntry } from '../entries/sealed-entry.ts'
import { openBody, openQuestion } from '../entries/sealed-entry.ts'
import type { Vault } from '../entries/vault.ts'
import type { CachedAnswer, NearQuestion } from '../../contract/store.ts'
import type { CacheFile } from './cache-file.ts'
import { bytesOf, numberOf, textOf } from './columns.ts'
import type { Row } from './columns.ts'

/** What is written, in the order in which it was asked for. */
export type EntryWrite =
  | { kind: 'put'; entry: SealedEntry; key: string; canonicalKey: string | null; uses: number }
  | { kind: 'drop'; id: string }
  | { kind: 'use'; id: string; uses: number }
  | { kind: 'advance'; scope: string; epoch: number }

/** A head as it lies there, sealed. */
export interface HeadRow extends Pick<SealedEntry, 'id' | 'keyName' | 'head'> {
  uses: number
  /** Where it stands among the others: what is written later stands behind. */
  place: number
}

/** The tables of cache.db. */
export interface EntryRows {
  /** The next ones behind a place, in order. */
  heads(afterPlace: number, count: number): readonly HeadRow[]
  /** Of what was written last, where several would do; null for none. */
  headOfKey(key: string): HeadRow | null
  headOfCanonicalKey(canonicalKey: string): HeadRow | null
  headOfId(id: string): HeadRow | null
  write(writes: readonly EntryWrite[]): void
  /** Null for one that is gone or cannot be read. */
  body(id: string): Promise<CachedAnswer | null>
  question(id: string): NearQuestion | null
  epoch(scope: string): number
}

const headColumns = 'rowid AS place, id, key_name, uses, head'

export const openRows = (file: CacheFile, vault: Vault): EntryRows => {
  const selectHeads = file.prepare(`SELECT ${headColumns} FROM entries WHERE rowid > ? ORDER BY rowid LIMIT ?`)
  const selectOfKey = file.prepare(`SELECT ${headColumns} FROM entries WHERE key_mac = ?`)
  const selectOfCanonicalKey = file.prepare(
    `SELECT ${headColumns} FROM entries WHERE canonical_mac = ? ORDER BY rowid DESC LIMIT 1`,
  )
  const selectOfId = file.prepare(`SELECT ${headColumns} FROM entries WHERE id = ?`)
  const selectBody = file.prepare('SELECT key_name, body FROM entries JOIN bodies USING (id) WHERE id = ?')
  const selectQuestion = file.prepare('SELECT key_name, question FROM entries WHERE id = ? AND question IS NOT NULL')
  const selectEpoch = file.prepare('SELECT epoch FROM epochs WHERE scope_mac = ?')
  const insertHead = file.prepare(
    'INSERT INTO entries (id, key_mac, canonical_mac, key_name, uses, head, question) VALUES (?, ?, ?, ?, ?, ?, ?)',
  )
  const insertBody = file.prepare('INSERT INTO bodies (id, body) VALUES (?, ?)')
  const deleteAny = file.prepare('DELETE FROM entries WHERE id = ? OR key_mac = ?')
  const updateUses = file.prepare('UPDATE entries SET uses = ? WHERE id = ?')
  const upsertEpoch = file.prepare('INSERT OR REPLACE INTO epochs (scope_mac, epoch) VALUES (?, ?)')

  const drop = (id: string, keyMac: Uint8Array | null = null): void => void deleteAny.run(id, keyMac)

  const apply = (write: EntryWrite): void => {
    switch (write.kind) {
      case 'put': {
        const { id, keyName, head, question, body } = write.entry
        const keyMac = vault.mac(write.key)
        const canonicalMac = write.canonicalKey === null ? null : vault.mac(write.canonicalKey)
        drop(id, keyMac)
        insertHead.run(id, keyMac, canonicalMac, keyName, write.uses, head, question)
        insertBody.run(id, body)
        break
      }
      case 'drop':
        drop(write.id)
        break
      case 'use':
        updateUses.run(write.uses, write.id)
        break
      case 'advance':
        upsertEpoch.run(vault.mac(write.scope), write.epoch)
        break
    }
  }

  const firstHead = (select: { get(mac: Uint8Array): Row | undefined }, text: string): HeadRow | null => {
    for (const mac of vault.macs(text)) {
      const row = select.get(mac)
      if (row) return headRowOf(row)
    }
    return null
  }

  return {
    heads: (afterPlace, count) => selectHeads.all(afterPlace, count).map(headRowOf),
    headOfKey: (key) => firstHead(selectOfKey, key),
    headOfCanonicalKey: (canonicalKey) => firstHead(selectOfCanonicalKey, canonicalKey),
    headOfId: (id) => {
      const row = selectOfId.get(id)
      return row ? headRowOf(row) : null
    },
    write: (writes) =>
      file.write(() => {
        for (const write of writes) apply(write)
      }),
    body: async (id) => {
      const row = selectBody.get(id)
      return row ? openBody(vault, { id, keyName: textOf(row, 'key_name'), body: bytesOf(row, 'body') }) : null
    },
    question: (id) => {
      const row = selectQuestion.get(id)
      return row
        ? openQuestion(vault, { id, keyName: textOf(row, 'key_name'), question: bytesOf(row, 'question') })
        : null
    },
    // Also what was written before the key changed: it holds for what was sealed then.
    epoch: (scope) =>
      vault.macs(scope).reduce((latest, mac) => {
        const row = selectEpoch.get(mac)
        return row ? Math.max(latest, numberOf(row, 'epoch')) : latest
      }, 0),
  }
}

const headRowOf = (row: Row): HeadRow => ({
  place: numberOf(row, 'place'),
  id: textOf(row, 'id'),
  keyName: textOf(row, 'key_name'),
  uses: numberOf(row, 'uses'),
  head: bytesOf(row, 'head'),
})
