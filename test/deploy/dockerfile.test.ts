import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { contextFiles } from '../image/context.ts'
import { readStages } from '../image/steps.ts'
import { projectRoot } from '../support/app.ts'
import { dockerfileFaults } from './support/dockerfile-rules.ts'

const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8')
const dockerfile = read('Dockerfile')

describe('the Dockerfile', () => {
  test('keeps the rules', () => {
    expect(dockerfileFaults(dockerfile)).toEqual([])
  })

  const faults: readonly [string, string | RegExp, string, RegExp][] = [
    ['an instruction with a slip', 'EXPOSE', 'EXPOES', /Unknown instruction/],
    ['an unknown flag', '--chown=0:0', '--chwon=0:0', /Unknown flag/],
    ['a base of any version', 'node:24-trixie AS sources', 'node:latest AS sources', /not pinned/],
    ['a base with another C library', 'node:24-trixie AS packages', 'node:24-alpine AS packages', /not Debian 13/],
    ['a stage that is not there', '--from=packages /app/models', '--from=pakages /app/models', /pakages/],
    ['a base that comes later', 'FROM gateway\n', 'FROM gatway\n', /not pinned/],
    ['root', /USER 65532:65532\nEXPOSE/, 'USER root\nEXPOSE', /user must be a number/],
    ['nobody named', /USER 65532:65532\nEXPOSE/, 'EXPOSE', /user must be a number/],
    ['a start through a shell', 'CMD ["start"]', 'CMD start', /shell/],
    ['an entry through a shell', /ENTRYPOINT .*/, 'ENTRYPOINT node dist/main.js', /shell|process 1/],
    ['npm as process 1', /ENTRYPOINT .*/, 'ENTRYPOINT ["npm", "start"]', /process 1/],
    ['everything copied', 'COPY src src', 'COPY . .', /copies everything/],
    ['ADD', 'COPY src src', 'ADD src src', /ADD has no place/],
    ['a secret baked in', 'NODE_ENV=production', 'OPENAI_API_KEY=sk-1', /OPENAI_API_KEY would be/],
    ["strangers' scripts", 'npm ci --ignore-scripts', 'npm ci', /strangers/],
    ['packages outside the lock', 'npm ci --omit=dev', 'npm install --omit=dev', /lock/],
    ['code that its user could change', '--chown=0:0', '--chown=65532:65532', /could change/],
    ['data where nothing can be written', 'DATA_DIR=/tmp/ai-gateway', 'DATA_DIR=/app/data', /DATA_DIR/],
    ['a health check without node', 'PATH=/nodejs/bin:', 'PATH=', /health checks/],
    ['another port', 'EXPOSE 8080', 'EXPOSE 3000', /EXPOSE/],
    ['a shell in the last stage', 'USER 65532:65532\nEXPOSE', 'RUN ls\nUSER 65532:65532\nEXPOSE', /no shell/],
  ]
  test.each(faults)('its check finds %s', (_what, from, to, words) => {
    const spoilt = dockerfile.replace(from, to)
    expect(spoilt).not.toBe(dockerfile)
    expect(dockerfileFaults(spoilt).join('\n')).toMatch(words)
  })

  test('copies what .dockerignore lets in', () => {
    const files = contextFiles(projectRoot)
    const asked = readStages(dockerfile)
      .flatMap(({ steps }) => steps)
      .flatMap((step) => (step.kind === 'copy' && step.from === null ? step.sources : []))
    expect(asked.length).toBeGreaterThan(8)
    for (const source of asked)
      expect(
        files.some((file) => file === source || file.startsWith(`${source}/`)),
        source,
      ).toBe(true)
  })

  test("has node where the composition's health check looks for it", () => {
    const [, program] = parse(read('deploy/compose.yaml')).services.gateway.healthcheck.test
    expect(program).toBe('node')
  })
})

describe('.dockerignore', () => {
  test('lets nothing in that is not part of the image', () => {
    const tops = new Set(contextFiles(projectRoot).map((file) => file.split('/')[0] ?? ''))
    const allowed = ['.npmrc', 'LICENSE', 'NOTICE', 'config', 'deploy', 'models', 'package-lock.json', 'package.json']
    expect([...tops]).toEqual([...allowed, 'scripts', 'src', 'tsconfig.json'])
    expect(contextFiles(projectRoot).filter((file) => /(?:^|\/)\.env|\.log$|^deploy\/(?!prune)/.test(file))).toEqual([])
  })
})
