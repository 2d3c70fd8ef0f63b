import { DockerfileParser, Copy, From, JSONInstruction } from 'dockerfile-ast'

/** What an instruction asks for, as far as builds of ours ask it. */
export type Step =
  | { kind: 'copy'; from: string | null; owner: string | null; sources: readonly string[]; to: string }
  | { kind: 'run'; command: string | readonly string[] }
  | { kind: 'workdir'; folder: string }
  | { kind: 'user'; user: string }
  | { kind: 'env'; variables: Readonly<Record<string, string>> }
  | { kind: 'entrypoint' | 'cmd'; words: string | readonly string[] }
  | { kind: 'expose'; port: string }

export interface Stage {
  name: string
  /** An image, or an earlier stage. */
  base: string
  steps: readonly Step[]
}

/** @throws Error at an instruction that none of our builds has had so far */
export const readStages = (dockerfile: string): Stage[] => {
  const stages: { name: string; base: string; steps: Step[] }[] = []
  for (const instruction of DockerfileParser.parse(dockerfile).getInstructions()) {
    if (instruction instanceof From)
      stages.push({
        name: instruction.getBuildStage() ?? `${stages.length}`,
        base: instruction.getImage() ?? '',
        steps: [],
      })
    else stages.at(-1)?.steps.push(stepOf(instruction))
  }
  return stages
}

const stepOf = (
  instruction: ReturnType<ReturnType<typeof DockerfileParser.parse>['getInstructions']>[number],
): Step => {
  const keyword = instruction.getKeyword()
  const words = instruction.getArguments().map((it) => it.getValue())
  const [first = ''] = words
  if (instruction instanceof Copy) {
    const flag = (name: string): string | null =>
      instruction
        .getFlags()
        .find((it) => it.getName() === name)
        ?.getValue() ?? null
    return {
      kind: 'copy',
      from: flag('from'),
      owner: flag('chown'),
      sources: words.slice(0, -1),
      to: words.at(-1) ?? '',
    }
  }
  if (keyword === 'WORKDIR') return { kind: 'workdir', folder: first }
  if (keyword === 'USER') return { kind: 'user', user: first }
  if (keyword === 'EXPOSE') return { kind: 'expose', port: first }
  if (keyword === 'ENV')
    return {
      kind: 'env',
      variables: Object.fromEntries(words.map((word) => [word.split('=')[0] ?? '', word.slice(word.indexOf('=') + 1)])),
    }
  if (instruction instanceof JSONInstruction) {
    const strings = instruction.getJSONStrings().map((it): string => JSON.parse(it.getValue()))
    const said = strings.length > 0 ? strings : (instruction.getArgumentsContent() ?? '')
    if (keyword === 'RUN') return { kind: 'run', command: said }
    if (keyword === 'ENTRYPOINT') return { kind: 'entrypoint', words: said }
    if (keyword === 'CMD') return { kind: 'cmd', words: said }
  }
  throw new Error(`${keyword}: no build of ours has had this instruction`)
}
