import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import type { Cloud } from './cloud.ts'

/**
 * A `gcloud` for PATH that asks this process what to answer: one small request over loopback for each call, because a
 * program of its own for every command would take seconds. The words and standard input go over, separated by a character
 * that no command line has; the answer is the exit code, then standard error in base64, then standard output.
 */
const client = (port: number): string => `#!/usr/bin/env bash
set -euo pipefail
input=''
case " $* " in *' --data-file=- '*) IFS= read -r -d '' input || true ;; esac
request=$(printf '%s\\x1f' "$@"; printf '\\x1e%s.' "$input")
exec 3<>/dev/tcp/127.0.0.1/${port}
LC_ALL=C
printf '%s\\n%s' "\${#request}" "$request" >&3
read -r code <&3
read -r errors <&3
cat <&3
[[ -z $errors ]] || printf '%s' "$errors" | base64 -d >&2
exit "$code"
`

/** Puts `gcloud` into a folder; calls are answered until it is disposed of. */
export const installGcloud = async (folder: string, cloud: Cloud): Promise<AsyncDisposable> => {
  const server = createServer((socket) => {
    let received = Buffer.alloc(0)
    socket.on('error', () => socket.destroy())
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk])
      const line = received.indexOf(10)
      if (line === -1 || received.length - line - 1 < Number(received.subarray(0, line).toString())) return
      const [words = '', input = ''] = received
        .subarray(line + 1)
        .toString()
        .split('\x1e')
      const { code, stdout = '', stderr = '' } = cloud.answer(words.split('\x1f').slice(0, -1), input.slice(0, -1))
      socket.end(`${code}\n${Buffer.from(stderr).toString('base64')}\n${stdout}`)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  mkdirSync(folder, { recursive: true })
  const program = path.join(folder, 'gcloud')
  const { port } = server.address() as AddressInfo
  writeFileSync(program, client(port))
  chmodSync(program, 0o755)
  return {
    [Symbol.asyncDispose]: async () => {
      server.close()
      await once(server, 'close')
    },
  }
}
