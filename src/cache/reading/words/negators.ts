import { setOf } from './list.ts'

/** Words that turn a sentence around. "not" also stands for each n't. */
export const negators = setOf(`
  not no never none nobody nothing nowhere neither nor without cannot ain't hardly barely scarcely
  unable lack lacks lacked lacking fail fails failed failing refuse refuses refused refusing non minus sans nope nah
`)

/** Words that turn what follows around but often stand beside another way to say it: "stop being lazy", "overcome laziness". */
export const softNegators = setOf(`
  stop stops stopped stopping quit quits quitting cease ceases ceased avoid avoids avoided avoiding prevent prevents prevented preventing
  deny denies denied denying rarely seldom except excluding unless absent absence instead false untrue failure against rid remove
  forbid forbidden prohibit prohibited ban banned impossible overcome
`)

/** A negator after these says nothing: whether or not, useful or no. */
export const emptyNegations: readonly (readonly [before: string, negator: string])[] = [
  ['or', 'not'],
  ['or', 'no'],
  ['nor', 'no'],
]

/** These say nothing where the second word follows: no matter, nothing but. */
export const emptyBefore: readonly (readonly [negator: string, after: string])[] = [
  ['no', 'matter'],
  ['no', 'doubt'],
  ['without', 'doubt'],
  ['nothing', 'but'],
]

/** What makes a word's opposite when it stands before it. */
export const negativePrefixes = ['un', 'in', 'im', 'il', 'ir', 'dis', 'non', 'anti', 'mis', 'de'] as const

/** What makes a word's opposite when it stands behind it, and what stands there instead in the word itself. */
export const negativeSuffixes: readonly (readonly [string, readonly string[]])[] = [['less', ['', 'ful']]]

/** Begin like opposites and are none. */
export const falseOpposites = setOf(`
  ability about above abroad account across act action address adult advice age agent alone along amount answer apart appear are around
  arise art ashore aside ask asleep asset attend avoid await awake award aware away ion under unit union unite until income index inform
  input inside install insight intend interest invest invite import impress improve impact immigrate illustrate illuminate irrigate
  display disease district distance discuss disc discover decide define deliver demand depend describe design detail develop device
  deal dear debit debt delay degree mistake misery mister mission mist nonce incline indeed intent intention increase indian inner
  instance instrument insure imply import important inability individual industry infant information ingredient initial injury
  intelligent invent invention inspire involve department deposit debate defend desire despite destroy determine detect
`)
