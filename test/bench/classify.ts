// How often the classifier is right, against two baselines, on prompts that it was not written with.
//   node test/bench/classify.ts [--data DIR] [--json]
import { parseArgs } from 'node:util'
import { tasks } from '../../src/contract/plan.ts'
import { classifyLexically } from '../../src/routing/classify.ts'
import {
  defaultDataDir,
  evaluate,
  isFreelyWritten,
  isHeldOut,
  judgeWith,
  majorityJudge,
  naiveJudge,
  readTaskData,
} from './task-data.ts'
import type { LabelledPrompt, Result } from './task-data.ts'

const { values } = parseArgs({
  options: { data: { type: 'string', default: defaultDataDir }, json: { type: 'boolean' } },
})

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(8)

const compare = (prompts: readonly LabelledPrompt[], shown: readonly LabelledPrompt[]): Record<string, Result> => ({
  'words and structure': evaluate(prompts, judgeWith(classifyLexically)),
  'naive keywords': evaluate(prompts, naiveJudge),
  'commonest task': evaluate(prompts, majorityJudge(shown)),
})

const print = (title: string, results: Record<string, Result>): string[] => [
  `\n${title}`,
  `${''.padEnd(22)}prompts  accuracy     macro  calibration error`,
  ...Object.entries(results).map(
    ([name, { prompts, accuracy, macroAccuracy, calibrationError }]) =>
      `${name.padEnd(22)}${String(prompts).padStart(7)}  ${percent(accuracy)}  ${percent(macroAccuracy)}  ${calibrationError.toFixed(3)}`,
  ),
]

const printConfusion = ({ confusion, byTask }: Result): string[] => [
  `\n${'task \\ taken for'.padEnd(17)}${tasks.map((task) => task.slice(0, 7).padStart(8)).join('')}   right`,
  ...tasks
    .filter((task) => confusion[task] !== undefined)
    .map((task) => {
      const counts = tasks.map((guess) => String(confusion[task]?.[guess] ?? '·').padStart(8)).join('')
      return `${task.padEnd(17)}${counts}  ${percent(byTask[task]?.accuracy ?? 0)}`
    }),
]

const data = readTaskData(values.data)
if (!data) {
  process.stderr.write(`No evaluation data in ${values.data}: name its folder with --data DIR.\n`)
  process.exitCode = 1
} else {
  const shown = data.labelled.filter((prompt) => !isHeldOut(prompt))
  const heldOut = data.labelled.filter(isHeldOut)
  const sets: Record<string, Record<string, Result>> = {
    'labelled prompts, held-out half': compare(heldOut, shown),
    'of these, the ones that people wrote, not templates': compare(heldOut.filter(isFreelyWritten), shown),
    'public benchmarks, held-out half': compare(data.benchmarks.filter(isHeldOut), shown),
    'labelled prompts, the half it was written with': compare(shown, shown),
  }
  const lines = Object.entries(sets).flatMap(([title, results]) => [
    ...print(title, results),
    ...Object.values(results).slice(0, 1).flatMap(printConfusion),
  ])
  process.stdout.write(values.json === true ? `${JSON.stringify(sets)}\n` : `${lines.join('\n')}\n`)
}
