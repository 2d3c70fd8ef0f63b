import { ask } from '../replies.ts'
import type { Stop } from '../stop.ts'

const prompt = 'Tell me how a lock lifts a ship, at length.'

export const stream: Stop = {
  name: 'stream',
  async *visit(stage, signal) {
    const startedAtMs = performance.now()
    const notes: { text: string; atMs: number }[] = []
    const onprogress = ({ message = '' }: { message?: string | undefined }): void => {
      notes.push({ text: message, atMs: performance.now() - startedAtMs })
    }
    const answer = await ask(stage, { prompt }, { signal, onprogress })
    const heard = notes.map(({ text }) => text).join('')
    const isWhole = heard !== '' && answer.text.startsWith(heard)
    yield {
      asked: prompt,
      seen: `${notes.length} progress notes, then the whole answer`,
      why: `the first after ${Math.round(notes[0]?.atMs ?? 0)} ms, the result after ${Math.round(performance.now() - startedAtMs)} ms; ${heard.length} of ${answer.text.length} characters came as progress`,
      costUsd: answer.cost_usd,
      broken: notes.length > 1 && isWhole ? null : 'the answer should be heard as it grows',
    }
  },
}
