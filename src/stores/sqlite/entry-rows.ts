import type { EntryHead, SealedEntry } from '../entries/sealed-entry.ts'
import { openBody, openHead, openQuestion } from '../entries/sealed-entry.ts'
import type { Vault } from '../entries/vault.ts'
import type { CachedAnswer, NearQuestion } from '../../contract/store.ts'
import type { CacheFile } from './cache-file.ts'
import { bytesOf, numberOf, textOf } from './columns.ts'

/** What is written, in the order in which it was asked for. */
export type EntryWrite =
  | { kind: 'put'; entry: SealedEntry; key: string; uses: number }
  | { kind: 'drop'; id: string }
  | { kind: 'use'; id: string; uses: number }
  | { kind: 'advance'; scope: string; epoch: number }

/** The tables of cache.db. */
export interface EntryRows {
  /** Every head that can be read, with its uses; the others are deleted and counted. */
  load(see: (head: EntryHead, uses: number, keyName: string) => void): { unreadable: number }
  write(writes: readonly EntryWrite[]): void
  /** Null for one that is gone or cannot be read. */
  body(id: string): Promise<CachedAnswer | null>
  question(id: string): NearQuestion | null
  epoch(scope: string): number
}

export const openRows = (file: CacheFile, vault: Vault): EntryRows => {
  const selectHeads = file.prepare('SELECT id, key_name, uses, head FROM entries')
  const selectBody = file.prepare('SELECT key_name, body FROM entries JOIN bodies USING (id) WHERE id = ?')
  const selectQuestion = file.prepare('SELECT key_name, question FROM entries WHERE id = ? AND question IS NOT NULL')
  const selectEpoch = file.prepare('SELECT epoch FROM epochs WHERE scope_mac = ?')
  const insertHead = file.prepare(
    'INSERT INTO entries (id, key_mac, key_name, uses, head, question) VALUES (?, ?, ?, ?, ?, ?)',
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
        drop(id, keyMac)
        insertHead.run(id, keyMac, keyName, write.uses, head, question)
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

  return {
    load: (see) => {
      const unreadable: string[] = []
      for (const row of selectHeads.iterate()) {
        const id = textOf(row, 'id')
        const keyName = textOf(row, 'key_name')
        const head = openHead(vault, { id, keyName, head: bytesOf(row, 'head') })
        if (head) see(head, numberOf(row, 'uses'), keyName)
        else unreadable.push(id)
      }
      if (unreadable.length > 0)
        file.write(() => {
          for (const id of unreadable) drop(id)
        })
      return { unreadable: unreadable.length }
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
    epoch: (scope) => {
      const row = selectEpoch.get(vault.mac(scope))
      return row ? numberOf(row, 'epoch') : 0
    },
  }
}
