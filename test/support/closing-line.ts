import type { Reporter, TestModule } from 'vitest/node'

/** The full name of a test or of a group, as vitest joins it, and why it may be skipped. */
type AllowedSkips = Readonly<Record<string, string>>

interface Options {
  /** Where nothing but these may be skipped. */
  strict: boolean
  allowedSkips: AllowedSkips
}

/**
 * A vitest reporter that ends the run with `N passed, N failed, N skipped` alone on a line, and fails a run in which no
 * test was executed or, when strict, a test was skipped without leave. A file or group that broke outside its tests
 * counts as a failed test.
 */
export const closingLine = ({ strict, allowedSkips }: Options): Reporter => ({
  onTestRunEnd(testModules, unhandledErrors) {
    const tests = testModules.flatMap((module) => [...module.children.allTests()])
    const inState = (state: string) => tests.filter((test) => test.result().state === state)
    const passed = inState('passed').length
    const failed = inState('failed').length + testModules.reduce(brokenGroups, 0) + unhandledErrors.length
    const skipped = inState('skipped')
    const names = Object.keys(allowedSkips)

    const faults = strict
      ? skipped
          .filter(({ fullName }) => !names.some((name) => fullName === name || fullName.startsWith(`${name} > `)))
          .map((test) => `skipped without leave (test/allowed-skips.json): ${test.fullName}`)
      : []
    if (passed + failed === 0) faults.push('no test was executed')

    if (faults.length > 0) {
      process.exitCode = 1
      process.stderr.write(`\n${faults.join('\n')}\n`)
    }
    process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped.length} skipped\n`)
  },
})

function brokenGroups(count: number, module: TestModule): number {
  const groups = [module, ...module.children.allSuites()]
  return count + groups.filter((group) => group.errors().length > 0).length
}
