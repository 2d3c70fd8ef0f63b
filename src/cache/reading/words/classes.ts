import { setOf } from './list.ts'

/** Words that carry the form of a sentence rather than its matter. */
export const stopWords = setOf(`
  a an the this that these those there here
  i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers herself it its itself
  they them their theirs themselves one ones someone anyone somebody anybody everyone everybody something anything everything
  am is are was were be been being do does did doing done have has had having
  can could will would shall should may might must ought need dare
  of to in on at by for with from as into onto out up over about than then so such if or and but because while though although
  what which who whom whose when where why how
  all any some each every both either just also too very really quite rather even still yet again ever
  please get gets got getting let lets s t d ll m re ve say says tell know please ok okay
`)

/** The classes of small words whose exchange often changes what is asked. The order is the order of the features. */
export const smallWords = {
  modal: setOf('can could will would shall should may might must ought need dare able supposed allowed'),
  quantifier: setOf(
    'all any every each only some most few many several both either always sometimes often usually rarely mostly half whole entire enough more less just almost nearly exactly at least',
  ),
  firstPerson: setOf('i me my mine myself we us our ours ourselves'),
  secondPerson: setOf('you your yours yourself yourselves u ur'),
  thirdPerson: setOf('he him his himself she her hers herself they them their theirs themselves it its itself'),
  preposition: setOf(`
    to from in on at by for with about into onto of over under between through during against off out up down within near via per across
    behind below above beside besides beyond around along toward towards upon among amongst inside outside throughout except like as
  `),
  conjunction: setOf('and or but if unless because while whereas although though than nor versus vs'),
  comparison: setOf(`
    more less most least better worse best worst bigger biggest larger largest smaller smallest higher highest lower lowest faster fastest
    slower slowest older oldest younger youngest longer longest shorter shortest cheaper cheapest easier easiest harder hardest stronger
    strongest weaker weakest richer richest poorer poorest greater greatest taller tallest top same different similar equal maximum minimum max min
  `),
  time: setOf(`
    before after during while until till since when now then today tonight tomorrow yesterday ago later earlier soon recently currently
    previously formerly once already yet still again first last next previous former current new old past present future ever never
    always used become became begin start stop continue daily weekly monthly yearly annual annually morning evening night
  `),
  tense: setOf('was were did had been used'),
} as const

/** Where a and b may be exchanged without a change of meaning. */
export const joiners = setOf('and or vs versus between & plus')

/** "a is close to b" says as much as "b is close to a". */
export const mutualRelations = setOf(`
  close similar different same married related equal friend friends sibling siblings brothers sisters cousin cousins twin twins colleague
  colleagues roommate roommates neighbor neighbors neighbour neighbours classmate classmates partner partners dating engaged identical
  equivalent comparable compared compare difference differences similarity similarities relationship distance
  acquaintance acquaintances relative relatives rival rivals ally allies enemies spouse spouses pal pals buddies buddy near far next adjacent parallel
  perpendicular connected linked teammate teammates correlated correlation intersect overlap meet met marry compatible synonymous synonym synonyms
`)

export const formsOfBe = setOf('am is are was were be been being get gets got')

/** What a phrase begins with that may stand at the front of a sentence or at its end. */
export const adverbialOpeners = setOf(
  'in on at for during after before by with within under over from since until till without according through via if when while as because',
)
