/** Pairs that turn a question around when one stands in one text and the other in the other. Compared by word and by stem. */
const pairs = `
  on off|enable disable|enabled disabled|activate deactivate|active inactive|start stop|begin end|start end|start finish|open close|open
  closed|opened closed|lock unlock|install uninstall|add remove|add delete|add subtract|insert delete|create delete|create destroy|build
  destroy|import export|upload download|login logout|connect disconnect|attach detach|subscribe unsubscribe|follow unfollow|mute unmute|
  freeze unfreeze|block unblock|show hide|shown hidden|visible invisible|visible hidden|expand collapse|zip unzip|compress decompress|
  compress extract|encrypt decrypt|encode decode|merge split|join leave|join split|include exclude|included excluded|including excluding|push
  pull|read write|reader writer|input output|client server|frontend backend|public private|static dynamic|sync async|synchronous
  asynchronous|parent child|ascending descending|horizontal vertical|row column|rows columns|serial parallel|encryption decryption|
  buy sell|buying selling|bought sold|buyer seller|purchase sell|lend borrow|lender borrower|credit debit|deposit withdraw|deposit
  withdrawal|savings checking|income expense|income expenses|profit loss|gain lose|gain loss|gained lost|asset liability|assets
  liabilities|bull bear|bullish bearish|surplus deficit|inflation deflation|expensive cheap|rich poor|richer poorer|richest poorest|wealth
  poverty|pay charge|pay receive|owe own|tenant landlord|employer employee|hire fire|hired fired|supply demand|wholesale retail|import
  export|credit cash|send receive|sent received|sender receiver|give take|give receive|teach learn|teacher student|ask answer|
  question answer|win lose|won lost|winner loser|win loss|pass fail|passed failed|success failure|succeed fail|successful unsuccessful|
  attack defend|attack defense|offensive defensive|war peace|friend enemy|friends enemies|ally enemy|support oppose|agree disagree|accept
  reject|accepted rejected|accept refuse|accept decline|allow deny|allow forbid|allow block|allow prevent|allowed forbidden|allowed
  prohibited|permit prohibit|approve reject|approve deny|approved denied|confirm deny|grant revoke|appoint dismiss|
  before after|with without|more less|more fewer|most least|max min|maximum minimum|maximize minimize|maximise minimise|increase decrease|
  increased decreased|increasing decreasing|increase reduce|increase lower|increase drop|raise lower|raise reduce|grow shrink|rise fall|
  rising falling|rose fell|up down|upward downward|upstairs downstairs|above below|over under|top bottom|high low|higher lower|highest
  lowest|tall short|taller shorter|tallest shortest|big small|bigger smaller|biggest smallest|large small|larger smaller|largest smallest|
  great little|major minor|majority minority|long short|longer shorter|longest shortest|wide narrow|wider narrower|broad narrow|deep
  shallow|thick thin|thicker thinner|fat thin|fat slim|fat skinny|heavy light|heavier lighter|heaviest lightest|full empty|
  fast slow|faster slower|fastest slowest|quick slow|quickly slowly|early late|earlier later|earliest latest|first last|former latter|
  old new|older newer|oldest newest|old young|older younger|oldest youngest|ancient modern|past future|yesterday tomorrow|yesterday today|
  today tomorrow|day night|morning evening|morning night|summer winter|spring autumn|am pm|always never|often rarely|often seldom|
  frequently rarely|temporary permanent|weekday weekend|
  hot cold|hotter colder|hottest coldest|warm cool|warm cold|warmer cooler|wet dry|hard soft|hard easy|harder easier|hardest easiest|easy
  difficult|simple complex|simple complicated|smooth rough|sharp blunt|sharp dull|clean dirty|light dark|bright dark|bright dim|loud quiet|
  solid liquid|acid base|acidic alkaline|acidic basic|positive negative|positively negatively|plus minus|odd even|true false|real fake|real
  imaginary|right wrong|right left|correct incorrect|same different|similar different|equal unequal|possible impossible|likely unlikely|
  certain uncertain|legal illegal|lawful unlawful|safe unsafe|safe dangerous|safety danger|secure insecure|necessary unnecessary|useful
  useless|helpful harmful|benefit harm|benefits drawbacks|benefits risks|beneficial harmful|advantage disadvantage|advantages
  disadvantages|pro con|pros cons|strength weakness|strengths weaknesses|strong weak|stronger weaker|strongest weakest|good bad|good evil|
  better worse|best worst|well badly|well poorly|good terrible|good awful|great terrible|great awful|amazing terrible|excellent poor|
  excellent terrible|perfect flawed|fresh stale|healthy unhealthy|healthy sick|health disease|well ill|alive dead|life death|live die|born
  died|birth death|conscious unconscious|awake asleep|wake sleep|fertile infertile|hypertension hypotension|hyper hypo|acute chronic|
  benign malignant|oral topical|systolic diastolic|hyperglycemia hypoglycemia|hyperthyroidism hypothyroidism|constipation diarrhea|
  underweight overweight|underrated overrated|underestimate overestimate|obese underweight|
  love hate|loved hated|loves hates|like dislike|like hate|likes hates|happy sad|happy unhappy|happiness sadness|happiest saddest|glad sad|
  joy sorrow|joy grief|laugh cry|smile frown|optimistic pessimistic|optimist pessimist|optimism pessimism|hopeful hopeless|hope despair|
  hope fear|hopeful discouraged|confident insecure|confident shy|calm anxious|calm nervous|calm angry|relaxed stressed|relaxed tense|proud
  ashamed|proud humble|humble arrogant|modest arrogant|brave cowardly|brave afraid|courageous fearful|courage fear|introvert extrovert|
  introverted extroverted|introverts extroverts|smart dumb|smart stupid|intelligent stupid|clever stupid|wise foolish|polite rude|kind
  cruel|kind mean|nice mean|friendly hostile|friendly unfriendly|generous selfish|generous stingy|honest dishonest|loyal disloyal|faithful
  unfaithful|guilty innocent|patient impatient|careful careless|lazy hardworking|active passive|aggressive passive|aggressive peaceful|
  violent peaceful|beautiful ugly|pretty ugly|attractive unattractive|attractive ugly|interesting boring|exciting boring|funny serious|
  strict lenient|flexible rigid|specific general|specific vague|specific nonspecific|clear vague|clear unclear|exact approximate|formal
  informal|natural artificial|natural synthetic|organic inorganic|organic synthetic|mental physical|theoretical practical|abstract
  concrete|subjective objective|qualitative quantitative|conservative liberal|conservative progressive|democrat republican|democrats
  republicans|democratic republican|left right|leftist rightist|capitalism communism|capitalism socialism|capitalist communist|capitalist
  socialist|theist atheist|theists atheists|religious secular|religious atheist|vegan carnivore|vegetarian carnivore|domestic foreign|
  domestic international|domestic wild|native foreign|local global|local remote|national international|rural urban|urban wild|indoor
  outdoor|indoors outdoors|inside outside|in out|into out|internal external|interior exterior|inner outer|inward outward|front back|
  forward backward|forwards backwards|ahead behind|near far|nearest farthest|closest farthest|north south|east west|northern southern|
  eastern western|northeast southwest|northwest southeast|arrive leave|arrive depart|arrival departure|enter exit|enter leave|entrance
  exit|come go|coming going|remember forget|remembered forgot|find lose|found lost|keep discard|keep lose|save spend|save delete|save
  waste|protect harm|protect attack|help hurt|help hinder|heal hurt|repair break|fix break|attract repel|tighten loosen|fill empty|
  inhale exhale|swallow spit|dominant recessive|inferior superior|subordinate superior|senior junior|
  male female|males females|man woman|men women|boy girl|boys girls|guy girl|guys girls|husband wife|father mother|dad mom|son daughter|
  sons daughters|brother sister|brothers sisters|boyfriend girlfriend|uncle aunt|nephew niece|grandfather grandmother|king queen|prince
  princess|actor actress|waiter waitress|host guest|he she|him her|his her|his hers|himself herself|mr mrs|mr ms|sir madam|gay straight|
  homosexual heterosexual|masculine feminine|married single|married unmarried|married divorced|marry divorce|marriage divorce|single
  multiple|singular plural|individual group|alone together|together apart|unite divide|united divided|union separation|attach separate|
  everyone nobody|everybody nobody|everything nothing|everywhere nowhere|all none|any none|many few|much little|both neither|present
  absent|presence absence|exist vanish|appear disappear|appear vanish|doctor patient|lawyer client|predator prey|cause cure|cause prevent|
  cause effect|causes effects|cause treat|problem solution|question solution|symptom cause|symptoms causes|symptoms treatment|vaccinated
  unvaccinated|prosecutor defendant|plaintiff defendant|import produce|consumer producer|consume produce|consumption production|exporter
  importer|heaven hell|god devil|angel demon|hero villain|saint sinner|sunrise sunset|dawn dusk|ceiling floor|mountain valley|
  become remain|change keep|change stay|quit continue|stop continue|pause resume|pause continue|suspend
  resume|promote demote|promotion demotion|praise criticize|praise blame|praise criticise|compliment insult|reward punish|reward
  punishment|forgive blame|trust distrust|trust suspect|respect disrespect|obey disobey|believe doubt|belief doubt|certain doubtful|admit
  deny|reveal hide|reveal conceal|discover hide|wax wane|ebb flow|overpriced underpriced|overpaid underpaid|overpopulated
  underpopulated|overworked underworked|defense offense|defence offence|defensive aggressive|introversion extroversion|voluntary
  mandatory|optional mandatory|optional required|required forbidden|taxable deductible|fixed variable|gross net|prepaid postpaid|wired
  wireless|online offline|manual automatic|analog digital|hardware software|virtual physical|proprietary open|paid free|paid unpaid|
  used unused|used new|finite infinite|concave convex|divergent convergent|diverge converge|differentiate integrate|differentiation
  integration|multiply divide|multiplication division|addition subtraction|sum difference|numerator denominator|endothermic exothermic|
  anode cathode|proton electron|mitosis meiosis|prokaryotic eukaryotic|aerobic anaerobic|oxidation reduction|vertebrate invertebrate|
  monopoly competition|debtor creditor|employed unemployed|employment unemployment|literate illiterate|literacy illiteracy|mature immature|
  visible unseen|known unknown|famous unknown|popular unpopular|common rare|common uncommon|usual unusual|normal abnormal|regular irregular|
  ordinary extraordinary|typical atypical|moral immoral|ethical unethical|rational irrational|logical illogical|legible illegible|
  relevant irrelevant|responsible irresponsible|reversible irreversible|mortal immortal|perfect imperfect|direct indirect|dependent
  independent|dependence independence|complete incomplete|sufficient insufficient|efficient inefficient|effective ineffective|
  accurate inaccurate|adequate inadequate|appropriate inappropriate|visible obscure|sane insane|valid invalid|evitable inevitable|
  renewable nonrenewable|veg nonveg|violent nonviolent|fiction nonfiction|smoker nonsmoker|resident nonresident
`

const opposites = new Map<string, Set<string>>()
const learn = (word: string, opposite: string): void => {
  const known = opposites.get(word)
  if (known) known.add(opposite)
  else opposites.set(word, new Set([opposite]))
}
for (const pair of pairs.split('|')) {
  const [one, other] = pair.trim().split(/\s+/u)
  if (!one || !other) continue
  learn(one, other)
  learn(other, one)
}

/** Opposites only beside the same word, log in and log out: they have other uses besides. */
export const particles: ReadonlySet<string> = new Set(['in', 'out', 'up', 'down', 'on', 'off', 'over', 'under'])

/** The known opposites of a folded word. */
export const oppositesOf = (word: string): ReadonlySet<string> | undefined => opposites.get(word)
