import { setOf } from './list.ts'

/** Small words that tell languages of one script apart. Words that several of them share decide nothing, so they are left out. */
export const smallWordsByLanguage: readonly (readonly [language: string, words: ReadonlySet<string>])[] = [
  [
    'English',
    setOf(
      'the is are what how why who where when which do does did can should would of and or with for my you your i it there this that',
    ),
  ],
  [
    'German',
    setOf(
      'der die das ist sind wie wo wann wer welche welcher welches und oder nicht ein eine einen einem für mit ich mein auf kann wird warum',
    ),
  ],
  [
    'French',
    setOf(
      'le les est sont quel quelle quels comment pourquoi où quand qui et ou pas un une des du pour avec je mon ma dans peut faire',
    ),
  ],
  [
    'Spanish',
    setOf(
      'el los las es son qué cuál cómo por dónde cuándo quién y o una unos del para con yo mi en puedo hacer está cual como',
    ),
  ],
  [
    'Italian',
    setOf('il lo gli è sono quale come perché dove quando chi e una dei della per con io mio nel posso fare cosa che'),
  ],
  [
    'Portuguese',
    setOf('os é são qual como porque onde quando quem e uma dos da para com eu meu não em posso fazer está que'),
  ],
  ['Dutch', setOf('het een zijn wat hoe waarom wie waar wanneer welke en niet met voor ik mijn op kan wordt van')],
  ['Swedish', setOf('är vad hur varför vem var när vilken och inte med för jag min på kan ett som det')],
  ['Polish', setOf('jest są jak dlaczego kto gdzie kiedy który i nie z dla mój na można się czy co')],
  ['Turkish', setOf('bir ve ne nasıl neden kim nerede hangi için ile mi mı mu değil bu nedir')],
]
