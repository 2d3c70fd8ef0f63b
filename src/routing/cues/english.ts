import { cue, opening, words } from './cue.ts'
import type { Cue } from './cue.ts'

/** Up to five words that belong to the same object: "write a (very short, funny) story", not "write a summary of the story". */
const aFew = "(?: (?!for |of |from |about |on |in |with |based |that |to )[\\p{L}\\d'-]+){0,5}"

/** What English gives away. */
export const englishCues: readonly Cue[] = [
  cue(
    'summarization',
    4,
    'asks for a summary',
    words(
      'summ?ar(?:y|ies|i[sz](?:e|ed|es|ing))|tl;?dr|synopsis|sum (?:it |this |that )?up|recap|condense|in a nutshell|abstract (?:for|of)|precis',
    ),
  ),
  cue(
    'summarization',
    3.5,
    'asks for the main points',
    words(
      'synthesi[sz]e|distill?|(?:key|main|important|plot) (?:points?|ideas?|takeaways?|insights?|facts?)|takeaways|gist|boils? (?:it |this )?down|cut (?:it |this )?down|shorten|(?:bullet|news) (?:points? of|cards?)',
    ),
  ),
  cue(
    'summarization',
    2,
    'asks for few words',
    words(
      'in (?:one|a|two|three|a few|2 or 3|\\d) (?:short )?(?:sentences?|words|lines)|in brief|briefly (?:describe|tell)|(?:outline|headline|title) (?:of|for) (?:the|this)(?: following| news)? (?:article|text|document|news|story|sentence|passage|paragraph|report)|write its title|outline',
    ),
  ),
  cue(
    'translation',
    5,
    'asks for a translation',
    words('translat(?:e|ed|es|ing|ion|ions)|how (?:do|would) (?:you|i) say'),
  ),
  cue(
    'translation',
    2,
    'names a target language',
    words(
      '(?:in|into|to|auf|en|em|на) (?:arabic|bengali|chinese|czech|dutch|english|finnish|french|german|greek|hebrew|hindi|hungarian|indonesian|italian|japanese|korean|latin|mandarin|norwegian|persian|polish|portuguese|romanian|russian|spanish|swedish|thai|turkish|ukrainian|urdu|vietnamese|deutsch|englisch|inglés|anglais|inglês|английский|русский)',
    ),
  ),
  cue(
    'rewrite',
    4,
    'asks for other words',
    words(
      're-?writ(?:e|es|ing|ten)|re-?phras(?:e|es|ed|ing)|paraphras(?:e|es|ed|ing)|re-?word(?:ed|ing)?|proof-?read|copy-?edit|polish|touch up|means? the same(?: thing)?|(?:with|keep(?:ing)?) the (?:same )?meaning',
    ),
  ),
  cue(
    'rewrite',
    3.5,
    'asks for better wording',
    words(
      `(?:improve|correct|fix|check|edit|revise|enhance) (?:the |my |this |its )?(?:english|writing|grammar|spelling|punctuation|wording|style|tone|text|email|paragraph|essay|sentences?)|make (?:it|this|the|my)[^\\n]{0,40} (?:more|less|sound|shorter|longer|clearer|simpler|formal|casual|polite|concise|professional)|simplify (?:this|the) (?:text|paragraph|sentence|language)`,
    ),
  ),
  cue(
    'classification',
    4,
    'asks for a class',
    words(
      'classif(?:y|ies|ied|ication)|categor(?:y|ies|i[sz]e|i[sz]ation)|sentiments?|(?:which|what|best|assign|choose|pick) (?:a |an |the |one )?(?:best )?(?:label|tag|class|descriptor|section|genre|intent)|label (?:the|each|this|these)',
    ),
  ),
  cue(
    'classification',
    3,
    'asks to judge between poles',
    words(
      '(?:positive|negative|good|bad|flattering|satisfied|favou?rable|spam|toxic|offensive|true) (?:or|and|vs) (?:not|negative|positive|bad|good|unflattering|dissatisfied|unfavou?rable|ham|harmless)|how (?:does|do|did|would) (?:the |this |that )?[a-z]+ feel|(?:is|was|does|did) (?:this|the|that) (?:[a-z]+ )?(?:review|comment|message|email|e-mail|tweet|text|sentence|post|viewer|reviewer|customer|user)',
    ),
  ),
  cue(
    'classification',
    3,
    'asks for a rating',
    words(
      'ratings?|(?:rate|score) (?:the|this|each|these|it)|stars ?:|review score|out of (?:five|ten|5|10)|would you rate|on a scale (?:of|from)|between 1 and (?:5|10)|\\d-star|(?:would|do) (?:you|he|she|they|the user) recommend',
    ),
  ),
  cue('classification', 1.5, 'is about a review', words('reviews?|reviewer|feedback|customer')),
  cue(
    'classification',
    4,
    'asks what kind it is',
    words(
      'asking (?:for|about)|likely appear in|regarding [^\\n]{0,60} or |(?:what|which) (?:kind|type|sort) of (?:question|news|text|email|message|request|article)|(?:detect|identify|determine) (?:the |its )?(?:language|tone|intent|emotion|topic|sentiment)|piece of news',
    ),
  ),
  cue(
    'extraction',
    4,
    'asks to take data out',
    words('extract(?:s|ed|ing|ion)?|pull out|scrape|parse|named entit(?:y|ies)|entities'),
  ),
  cue(
    'extraction',
    2.5,
    'asks for listed facts',
    words(
      `(?:list|find|identify|give me|return|get) (?:me )?(?:all|every|each)(?: of)?(?: the)? (?:[a-z]+ )?(?:names?|people|persons?|dates?|places?|locations?|companies|organi[sz]ations?|emails?|e-mails?|addresses|phone numbers?|numbers|prices|amounts|products|mentions)|(?:key-value|key value) pairs?`,
    ),
  ),
  cue(
    'extraction',
    2,
    'asks for a data format',
    words(
      `(?:as|in|into|to|a|valid|return|output)(?: a| an| the)? (?:json|csv|tsv|xml|yaml|table|jsonl)|json (?:object|array|schema|format|output)|csv string`,
    ),
  ),
  cue(
    'math',
    3,
    'names mathematics',
    words(
      'equations?|theorems?|lemma|integrals?|derivatives?|matri(?:x|ces)|eigenvalues?|polynomials?|probabilit(?:y|ies)|standard deviation|variance|geometr(?:y|ic)|triangles?|rectangles?|algebra(?:ic)?|arithmetic|quadratic|logarithm|calculus|vectors?|modulo|divisib(?:le|ility)|prime numbers?|integers?|perimeter|circumference|hypotenuse|permutations?|combinatorics|radius|circles?|cubes?|spheres?|cylinders?|tangent|perfect squares?|(?:factors?|multiples?|sum) of|how many ways|gcd|lcm|binomial|congruent|real numbers?|least common multiple',
    ),
  ),
  cue(
    'math',
    2.5,
    'asks to work out a value',
    words(
      'calculat(?:e|ion)|comput(?:e|ing) (?:the|its)|solv(?:e|ing)|evaluate the (?:expression|integral|sum)|find the (?:value|sum|product|area|volume|number|length|smallest|largest|probability|distance|maximum|minimum|range|limit|root|remainder)|prove|derive|simplify',
    ),
  ),
  cue(
    'math',
    1.5,
    'asks for an amount',
    words(
      'how (?:many|much|far|long|old|fast|tall)|what (?:percent|percentage|fraction)|(?:what|find)(?: is| was| are| will be)? (?:the |its )?(?:[a-z]+ )?(?:total|sum|average|area|volume|probability|ratio|value|price|weight|speed|velocity|length|cost|minimum|maximum|number)|in total|altogether|total (?:cost|number|amount|of)|how (?:many|much) (?:more|less)',
    ),
  ),
  cue(
    'math',
    1.5,
    'compares amounts',
    words(
      'twice|thrice|half (?:of|as|the)|(?:two|three|four|five|ten|\\d+) times|per (?:hour|day|week|month|year|minute|mile|pound|person)|percent|each (?:day|week|month|cost|box)|remaining|\\d+ more|times as (?:many|much)|at the same (?:rate|speed)|\\d+ ?%',
    ),
  ),
  cue(
    'code',
    3,
    'names a programming language',
    words(
      'python|javascript|typescript|java|c\\+\\+|c#|golang|rust|kotlin|swift|php|ruby|perl|haskell|scala|matlab|sql|mysql|postgres(?:ql)?|sqlite|html|css|bash|powershell|vba|lua|fortran|cobol|assembly|solidity|verilog|latex|dart|elixir|zig|cuda|yara-l|graphql|c89|hivesql',
    ),
  ),
  cue(
    'code',
    2.5,
    'names a tool of programmers',
    words(
      'react(?:\\.js|js| native| components?| hooks?| app)|vue|angular|node\\.?js|django|flask|fastapi|spring(?: boot| security)?|laravel|rails|next\\.?js|svelte|pandas|numpy|pytorch|tensorflow|matplotlib|docker|kubernetes|k8s|terraform|ansible|nginx|redis|git|github|linux|ubuntu|jupyter|godot|excel|google sheets|arduino|esp32|android|ios|aws|gcp|azure|openai api|selenium|playwright|webpack|npm|pip|cmake|gcc|ffmpeg|regex(?:es|p)?',
    ),
  ),
  cue(
    'code',
    4,
    'asks for code',
    words(
      `(?:write|create|make|implement|build|give|generate|need|provide|show)${aFew} (?:function|program|script|class|method|code|query|api|app|application|website|web page|component|module|library|bot|cli|server|macro|formula|parser|compiler|dockerfile|endpoint|unit tests?|data ?structure|header file|deployment)`,
    ),
  ),
  cue(
    'code',
    2,
    'talks about code',
    words(
      'code|coding|snippet|functions? (?:that|to|which|called|named|in)|refactor(?:ing)?|debug(?:ging)?|compil(?:e|er|ation)|unit tests?|stack ?trace|traceback|syntax error|null pointer|segfault|runtime error|bug|(?:time|space) complexity|algorithm|leetcode|linked list|binary tree|hash ?map|recursion|async|backend|front-?end|database|endpoint|repository|source code|pull request|commit message|command line|terminal|return value|rest api|programming',
    ),
  ),
  cue(
    'creative',
    2.5,
    'names a literary form',
    words(
      'poems?|poetry|haikus?|sonnets?|limericks?|lyrics|short stor(?:y|ies)|(?:fan ?)?fic|fan ?fiction|novels?|novella|screenplays?|fairy ?tales?|fables?|stand-?up|jokes?|puns?|riddle me|rap|songs?|ballad|monologue|once upon a time|slogans?|taglines?|jingle|world-?building|protagonist|plot twist|comed(?:y|ic)|satir(?:e|ical)',
    ),
  ),
  cue(
    'creative',
    3,
    'asks for invented text',
    words(
      `(?:write|compose|create|tell|make|generate|give|draft|craft|continue|invent|build)${aFew} (?:story|poems?|poetry|haiku|sonnet|limerick|lyrics|song|rap|novel|fable|joke|jokes|tale|scene|script|dialogue|dialog|essay|blog|blog post|article|speech|letter|review|email|character|characters|chapter|episode|narrative|post|caption|captions|biography|bio|description|plot|diary|opening|paragraph|sentences?|ad|monologue|names?|tweet|greeting|toast|text)|(?:long |short |first |anime |movie )?script (?:of|about|where)`,
    ),
  ),
  cue(
    'creative',
    3,
    'asks to play a part',
    words(
      "role-?play(?:ing)?|pretend (?:to be|you|that)|imagine (?:you|that you|yourself|a|being)|in the (?:style|voice|tone|manner) of|in (?:a |an )?[a-z]+ (?:style|voice)|act as (?:if|a|an|though)|as an? [a-z]+ (?:commentator|narrator|poet|chef|wizard|pirate|comedian|writer)|(?:you are|you're) an? (?:[a-z]+ )?(?:writer|poet|novelist|comedian|storyteller|author|chef|pirate|bard|character)|alternate (?:universe|history)|continue (?:the |this |my |it)(?:text|story|scene|narrative)?",
    ),
  ),
  cue(
    'creative',
    2,
    'names fiction',
    words(
      'characters?|villain|anime|manga|fictional|fantasy|sci-fi|thriller|romance|dragon|narrator|captivating|whimsical|humou?r(?:ous)?|funny|emotional|creative(?:ly)?|vivid(?:ly)?|engaging|scenes?|dialogues?|brainstorm|catchy|plot|chapter|backstory|concepts?',
    ),
  ),
  cue(
    'reasoning',
    3,
    'asks to reason',
    words(
      'step[- ]by[- ]step|think (?:carefully|through|hard|it over)|logic(?:al|ally)?|puzzles?|riddles?|brain ?teasers?|deduc(?:e|tion|tive)|infer|syllogism|clues?|constraints|paradox|counterfactual|critical(?:ly)? think(?:ing)?|root cause|trade-?offs?|pros and cons|reasoning|fallac(?:y|ies)|if (?:all|some|no) [a-z]+ are',
    ),
  ),
  cue(
    'reasoning',
    2.5,
    'asks why or what if',
    words(
      'what (?:if|would happen|could be the reason|might happen)|why (?:might|would|could|do) (?:someone|people|some|many|most)|(?:might|could|would) (?:someone|somebody|one)|what could (?:be|have)|how (?:can|could|do|would) (?:you|we|one) (?:tell|determine|know|explain)|relationship between|which direction|who is (?:taller|older|faster|lying|telling)|explain (?:your|the) (?:reasoning|thinking|answer)',
    ),
  ),
  cue(
    'qa',
    3,
    'asks for an answer',
    words(
      'answer (?:the|this|these|my|to|for|a) (?:the )?(?:following |below )?questions?|the following question|(?:correct|valid|right|suitable|best|reasonable) answer|questions? (?:below|above|about|:)|given the (?:following )?(?:passage|paragraph|context|options|facts?|question|information)|based on (?:the|this) (?:passage|context|paragraph|text|information|article)|read (?:the|this) (?:following )?(?:passage|paragraph|context|background|conversation)|according to the',
    ),
  ),
  cue(
    'qa',
    2,
    'has the form of a question sheet',
    opening(
      '(?:q|question|questions|context|passage|choices|options|possible answers|answer choices|process|information)\\s?[:.]',
    ),
  ),
  cue(
    'qa',
    1,
    'begins like a question',
    opening("(?:what|why|how|is|are|was|were|do|does|did|can|could|should|has|have|will|would)(?: |'s |'re )"),
  ),
  cue(
    'qa',
    2.5,
    'asks for a fact',
    opening("(?:(?:in|on|at|for|by|from|to) )?(?:who|whom|whose|when|where|which)(?: |'s )"),
  ),
  cue(
    'qa',
    1,
    'asks to explain',
    words(
      "explain|describe|define|what(?:'s| is| are| was| were| does)|difference(?:s)? between|compare|tell me (?:about|what|why|how|who)|who (?:is|was|were|are)|meaning of|how (?:do|does|did|can|to|have|has)|discuss|provide insights|share ideas|effects? of|impacts?|i found the following answer|(?:first|last|final|missing) step|supposed perturbation|generate a question|topic",
    ),
  ),
  cue(
    'chat',
    4,
    'greets',
    opening(
      "(?:hi|hello|hey|hiya|howdy|yo|good (?:morning|afternoon|evening|night)|thanks?(?: you)?|thx|cheers|bye|goodbye|ok(?:ay)?|great|cool|nice|lol|haha|sorry|how are you|what's up|hola|bonjour|salut|hallo|guten (?:tag|morgen)|ciao|olá|merci|gracias|danke|привет|спасибо|здравствуйте|你好|您好|谢谢|こんにちは|ありがとう|안녕)(?![\\p{L}])",
    ),
  ),
  cue(
    'chat',
    2,
    'makes conversation',
    words(
      "how are you|how's it going|i(?:'m| am| feel| was) (?:so |feeling |really )?(?:sad|happy|tired|bored|lonely|stressed|anxious|excited|depressed)|talk to me|let's (?:talk|chat)|what do you think|who are you|do you (?:like|love|feel|remember)|nice to meet|my day",
    ),
  ),
]
