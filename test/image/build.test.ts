import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { build } from './build.ts'
import { contextFiles } from './context.ts'
import { readStages } from './steps.ts'

const write = (root: string, files: Readonly<Record<string, string>>): void => {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(root, name)), { recursive: true })
    writeFileSync(path.join(root, name), text)
  }
}

test('of the lines of a .dockerignore the last that matches decides, hidden files among the others', () => {
  using root = temporaryFolder()
  write(root.path, { '.env': '', 'a/b/c.txt': '', 'a/d.log': '', 'a/.env.local': '', 'x/y.txt': '' })
  expect(contextFiles(root.path, '*\n# words\n!a\n**/*.log\n**/.env*')).toEqual(['a/b/c.txt'])
  expect(contextFiles(root.path, '*\n!a/b')).toEqual(['a/b/c.txt'])
  expect(contextFiles(root.path, 'x')).toEqual(['.env', 'a/.env.local', 'a/b/c.txt', 'a/d.log'])
})

test('does the steps of each stage in its own folder, at one path', () => {
  using root = temporaryFolder()
  using into = temporaryFolder()
  write(root.path, { '.dockerignore': '*\n!in.txt\n', 'in.txt': 'in', 'left.txt': '' })
  const stages = readStages(
    [
      'FROM node:24 AS first\nWORKDIR /app\nCOPY in.txt ./\nRUN cat in.txt > out.txt && pwd > where.txt',
      'FROM node:24\nWORKDIR /app\nENV WORD=said\nCOPY --from=first /app/out.txt /app/where.txt got/',
      `RUN ["/nodejs/bin/node", "-e", "require('fs').writeFileSync('word.txt', process.env.WORD + process.cwd())"]`,
      'USER 65532:65532\nENTRYPOINT ["/nodejs/bin/node", "/app/main.js"]\nCMD ["start"]',
    ].join('\n'),
  )
  const built = build(stages, root.path, into.path, () => {})
  const app = path.join(built.root, 'app')
  expect(built).toMatchObject({ cwd: '/app', user: '65532:65532', env: { WORD: 'said' } })
  expect(built.words).toEqual([process.execPath, path.join(app, 'main.js'), 'start'])
  expect(readFileSync(path.join(app, 'got/out.txt'), 'utf8')).toBe('in')
  expect(readFileSync(path.join(app, 'got/where.txt'), 'utf8').trim()).toBe(app)
  expect(readFileSync(path.join(app, 'word.txt'), 'utf8')).toBe(`said${app}`)
})

test.each([
  ['a file that .dockerignore keeps out', 'COPY left.txt ./', /left.txt is not there: .dockerignore/],
  ['a step that fails', 'RUN false', /false/],
  ["a path of this machine's", 'RUN cat /etc/hostname', /this machine's/],
])('fails at %s', (_what, line, words) => {
  using root = temporaryFolder()
  using into = temporaryFolder()
  write(root.path, { '.dockerignore': '*', 'left.txt': '' })
  const stages = readStages(`FROM node:24\nWORKDIR /app\n${line}`)
  expect(() => build(stages, root.path, into.path, () => {})).toThrow(words)
})

test('knows no instruction that it does not do', () => {
  expect(() => readStages('FROM node:24\nVOLUME /data')).toThrow(/VOLUME/)
})
