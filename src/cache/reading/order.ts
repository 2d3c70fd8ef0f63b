import type { Question, Word } from './question.ts'
import { adverbialOpeners, formsOfBe, joiners, mutualRelations } from './words/classes.ts'

/**
 * Whether two texts say the same words with exchanged parts: "John calls Ann" and "Ann calls John", "from A to B" and "from B to A",
 * "John calls Ann" and "John is called by Ann". Not where the exchange says the same: "A and B", "A is close to B", a phrase of place or
 * time that moved to the front, a passive with its parts exchanged.
 */
export const isReordered = (a: Question, b: Question): boolean => {
  const [mine, theirs] = [contentOf(a.words), contentOf(b.words)]
  if (mine.length < 2 || mine.length !== theirs.length || !haveSameItems(stemsOf(mine), stemsOf(theirs))) return false
  const isMutual = a.words.some(({ text }) => mutualRelations.has(text))
  if (!isMutual && turnsAround(a.words, b.words)) return true
  const keepsOrder = areEqual(stemsOf(mine), stemsOf(theirs))
  if (passivesDiffer(a, b)) return keepsOrder
  if (keepsOrder || haveSameLists(a.words, b.words) || isMovedPhrase(a.words, b.words)) return false
  return !(isMutual && isOneExchange(stemsOf(mine), stemsOf(theirs)))
}

/** Whether one text says by whom something is done, and the other does not say it so. */
export const passivesDiffer = (a: Question, b: Question): boolean => isPassive(a.words) !== isPassive(b.words)

const isPassive = (words: readonly Word[]): boolean =>
  words.some(
    ({ text }, at) =>
      text === 'by' &&
      /(?:ed|en|wn|ne|ht|ld|id|un|ug|od|de|ft|nk|ng|rn|lt)$/u.test(words[at - 1]?.text ?? '') &&
      words.slice(Math.max(0, at - 5), at - 1).some((word) => formsOfBe.has(word.text)),
  )

const contentOf = (words: readonly Word[]): readonly Word[] =>
  words.filter(({ isStop, isNegator }) => !isStop && !isNegator)

const stemsOf = (words: readonly Word[]): readonly string[] => words.map(({ stem }) => stem)

const areEqual = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((item, at) => item === other[at])

const haveSameItems = (one: readonly string[], other: readonly string[]): boolean =>
  areEqual([...one].sort(), [...other].sort())

/** From where in one text is to where in the other. */
const turnsAround = (words: readonly Word[], others: readonly Word[]): boolean => {
  const [from, to] = [goalsOf(words, ['from']), goalsOf(words, ['to', 'into'])]
  const [otherFrom, otherTo] = [goalsOf(others, ['from']), goalsOf(others, ['to', 'into'])]
  return from.some((goal) => otherTo.includes(goal)) || to.some((goal) => otherFrom.includes(goal))
}

const goalsOf = (words: readonly Word[], openers: readonly string[]): readonly string[] =>
  words.flatMap(({ text }, at) => {
    if (!openers.includes(text)) return []
    const goal = words.slice(at + 1, at + 4).find(({ isStop }) => !isStop)
    return goal ? [goal.stem] : []
  })

/** Whether the texts differ only by the order of what "and", "or" or "vs" joins: single words, or all that stands between small words. */
const haveSameLists = (words: readonly Word[], others: readonly Word[]): boolean =>
  [singleItems, wholeItems].some((itemsIn) => areEqual(sortLists(itemsIn(words)), sortLists(itemsIn(others))))

type Item = { text: string; isJoiner: boolean }

const singleItems = (words: readonly Word[]): readonly Item[] =>
  words
    .filter(({ text, isStop, isNegator }) => joiners.has(text) || (!isStop && !isNegator))
    .map(({ text, stem }) => ({ text: stem, isJoiner: joiners.has(text) }))

const wholeItems = (words: readonly Word[]): readonly Item[] => {
  const items: Item[] = []
  let isOpen = false
  for (const { text, stem, isStop, isNegator } of words) {
    const isJoiner = joiners.has(text)
    const last = items.at(-1)
    const isContent = !isStop && !isNegator && !isJoiner
    if (isContent && isOpen && last) last.text += ` ${stem}`
    else if (isContent || isJoiner) items.push({ text: stem, isJoiner })
    isOpen = isContent
  }
  return items
}

const sortLists = (items: readonly Item[]): readonly string[] => {
  const sorted: string[] = []
  let list: string[] = []
  for (const [at, { text, isJoiner }] of items.entries()) {
    if (isJoiner) continue
    list.push(text)
    if (items[at + 1]?.isJoiner) continue
    sorted.push(...list.sort())
    list = []
  }
  return sorted
}

/** "In May, how …?" for "How … in May?" */
const isMovedPhrase = (words: readonly Word[], others: readonly Word[]): boolean => {
  if (words.length !== others.length) return false
  const [mine, theirs] = [words.map(({ text }) => text), others.map(({ text }) => text)]
  return mine.some((_, at) => {
    const [front, back] = [mine.slice(0, at), mine.slice(at)]
    const opens = [front[0], back[0]].some((word) => word !== undefined && adverbialOpeners.has(word))
    return at > 0 && opens && areEqual([...back, ...front], theirs)
  })
}

const isOneExchange = (one: readonly string[], other: readonly string[]): boolean =>
  one.filter((item, at) => item !== other[at]).length === 2
