"""Pairs made by rule from single questions: the small changes that turn an answer wrong, and those that do not.

A swap, another name or number, or a "not" makes a different question though nearly every word is the same; politeness,
case, punctuation, a typo or a phrase moved to the front does not. Real pairs hold too few of either. They come from
training questions only, so no question of the calibration fold or of the test takes part.
"""

import random
import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .pairs import Pair

WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*|\d+(?:[.,]\d+)*")

FUNCTION_WORDS = frozenset(
    """a an the of to in on at by for with from as is are was were be been being am do does did doing done have has had
    having i me my mine we us our you your he him his she her it its they them their this that these those there here and
    or but if then than so such what which who whom whose when where why how can could will would shall should may might
    must not no nor never about into onto out up over any some all just also too very really get got like one""".split()
)
JOINERS = frozenset(['and', 'or', 'vs', 'versus', 'between', 'nor'])
"""Two words about one of these often may change places without a change of meaning."""

TEMPLATES = 'checklist-templates'
"""Questions of few patterns: rules on them would make many pairs of the same."""

VERBS = r'(?:is|are|was|were|can|should|could|would|will|do|does|did|has|have)'

POLITE = (
    'Please tell me: {text}',
    'Can you tell me, {small}',
    'Could you please explain: {small}',
    'Hi, {small}',
    '{text} Thanks!',
    'Quick question: {small}',
    'I was wondering, {small}',
    '{text} Thank you in advance.',
    'Hello! {text}',
    'I would like to know: {small}',
)
SHORTER = {
    r'\bis not\b': "isn't",
    r'\bare not\b': "aren't",
    r'\bdo not\b': "don't",
    r'\bdoes not\b': "doesn't",
    r'\bdid not\b': "didn't",
    r'\bcan ?not\b': "can't",
    r'\bwill not\b': "won't",
    r'\bWhat is\b': "What's",
    r'\bHow is\b': "How's",
    r'\bI am\b': "I'm",
    r'\bI have\b': "I've",
}


@dataclass(frozen=True, slots=True)
class Word:
    """One word of a question and where it stands."""

    text: str
    start: int
    end: int
    is_first: bool

    @property
    def is_content(self) -> bool:
        return len(self.text) > 2 and self.text[0].isalpha() and self.text.lower() not in FUNCTION_WORDS

    @property
    def is_name(self) -> bool:
        """A capital that no sentence asks for."""
        return self.is_content and self.text[0].isupper() and not self.is_first


Change: TypeAlias = Callable[[str, random.Random], str | None]
"""Another text from a question; None where the rule does not fit it."""


def make_pairs(pairs: Sequence[Pair], seed: int = 7) -> list[Pair]:
    """Rule-made pairs from the questions of `pairs`, at most one a rule and question, each in its question's fold."""
    chance = random.Random(seed)
    sources = {text: pair for pair in pairs if pair.family != TEMPLATES for text in (pair.a, pair.b)}
    questions = [text for text in sorted(sources) if 4 <= len(words_of(text)) <= 30]
    names = sorted({word.text for text in questions for word in words_of(text) if word.is_name})
    nouns = by_ending(word.text for text in questions for word in words_of(text) if word.is_content and not word.is_name)
    rules: list[tuple[str, int, bool, Change]] = [
        ('swap', 5_000, False, swap_words),
        ('direction', 1_000, False, swap_direction),
        ('name', 2_000, False, lambda text, chance: replace_name(text, chance, names)),
        ('word', 1_500, False, lambda text, chance: replace_word(text, chance, nouns)),
        ('number', 1_000, False, replace_number),
        ('negation', 1_500, False, insert_negation),
        ('polite', 1_000, True, add_politeness),
        ('form', 1_000, True, change_form),
        ('shorter', 500, True, shorten),
        ('typo', 1_500, True, misspell),
        ('fronted', 1_200, True, front_phrase),
    ]
    made = []
    for name, wanted, same, change in rules:
        chance.shuffle(questions)
        changed = ((text, change(text, chance)) for text in questions)
        fresh = ((text, other) for text, other in changed if other is not None and other != text)
        for (text, other), _ in zip(fresh, range(wanted)):
            made.append(Pair(text, other, same, f'rule-made {name}', sources[text].fold))
    return made


def words_of(text: str) -> list[Word]:
    words = []
    for found in WORD.finditer(text):
        before = text[: found.start()].rstrip(' "\'(“‘')
        words.append(Word(found.group(), found.start(), found.end(), not before or before[-1] in '.?!:;\n'))
    return words


def by_ending(words: Iterator[str]) -> dict[str, list[str]]:
    """Words that end alike are mostly of one kind: a plural for a plural, a verb's -ing for another's."""
    groups = defaultdict(set)
    for word in words:
        groups[word[-2:]].add(word)
    return {ending: sorted(group) for ending, group in groups.items()}


def exchange(text: str, one: Word, other: Word) -> str:
    return text[: one.start] + other.text + text[one.end : other.start] + one.text + text[other.end :]


def swap_words(text: str, chance: random.Random) -> str | None:
    """Two content words change places: who does what to whom, what from what."""
    words = words_of(text)
    places = [at for at, word in enumerate(words) if word.is_content and not word.is_first]
    apart = [
        (words[i], words[j])
        for i in places
        for j in places
        if i < j
        and words[i].text.lower() != words[j].text.lower()
        and not JOINERS.intersection(word.text.lower() for word in words[i + 1 : j])
    ]
    alike = [(one, two) for one, two in apart if one.text[-2:] == two.text[-2:] or (one.is_name and two.is_name)]
    distant = [(one, two) for one, two in apart if ' ' in text[one.end : two.start].strip(' ')] or apart
    choices = alike or distant
    return exchange(text, *chance.choice(choices)) if choices else None


def swap_direction(text: str, chance: random.Random) -> str | None:
    """"From X to Y" becomes "from Y to X"."""
    between = r'\b(?:from|to|than|into|over|convert|moving|prefer|better than|instead of) (\w+) (?:to|over|into|than|from) (\w+)\b'
    found = re.search(between, text)
    if not found or {found[1].lower(), found[2].lower()} & FUNCTION_WORDS or found[1].lower() == found[2].lower():
        return None
    return text[: found.start(1)] + found[2] + text[found.end(1) : found.start(2)] + found[1] + text[found.end(2) :]


def replace_name(text: str, chance: random.Random, names: Sequence[str]) -> str | None:
    places = [word for word in words_of(text) if word.is_name]
    return put(text, chance.choice(places), chance.choice(names)) if places else None


def replace_word(text: str, chance: random.Random, nouns: dict[str, list[str]]) -> str | None:
    places = [word for word in words_of(text) if word.is_content and not word.is_name and not word.is_first]
    if not places:
        return None
    place = chance.choice(places)
    choices = [noun for noun in nouns.get(place.text[-2:], []) if noun[:4].lower() != place.text[:4].lower()]
    return put(text, place, chance.choice(choices)) if choices else None


def put(text: str, place: Word, word: str) -> str:
    return text[: place.start] + word + text[place.end :]


def replace_number(text: str, chance: random.Random) -> str | None:
    places = [word for word in words_of(text) if word.text.isdecimal() and len(word.text) < 10]
    if not places:
        return None
    place = chance.choice(places)
    value = int(place.text)
    return put(text, place, str(max(0, value + chance.choice([-10, -3, -2, -1, 1, 2, 3, 5, 10, value]))))


def insert_negation(text: str, chance: random.Random) -> str | None:
    if re.search(r"\b(?:not|no|never|without)\b|n['’]t\b", text, re.IGNORECASE):
        return None
    verbs = list(re.finditer(rf'\b{VERBS}\b(?= \w)', text, re.IGNORECASE))
    if not verbs:
        return None
    at = chance.choice(verbs)
    short = "n't" if at[0].lower() not in ('can', 'will') else ''
    # "What is not X", "Why isn't X": both are written.
    insertion = short if short and chance.random() < 0.5 else ' not'
    return text[: at.end()] + insertion + text[at.end() :]


def add_politeness(text: str, chance: random.Random) -> str | None:
    small = text if re.match(r"I\b|[A-Z]{2}", text) else text[0].lower() + text[1:]
    return chance.choice(POLITE).format(text=text, small=small)


def change_form(text: str, chance: random.Random) -> str | None:
    bare = text.rstrip('?. !')
    return chance.choice([text.lower(), text.upper(), bare, f'{bare} ?', f'  {text}\n', bare.lower(), f'{bare}??'])


def shorten(text: str, chance: random.Random) -> str | None:
    for long, short in SHORTER.items():
        text = re.sub(long, short, text)
    return text


def misspell(text: str, chance: random.Random) -> str | None:
    """One letter left out, doubled, or two changed, inside a word of five letters or more."""
    places = [word for word in words_of(text) if len(word.text) >= 5 and word.text.isalpha() and not word.text.isupper()]
    if not places:
        return None
    place = chance.choice(places)
    word, at = place.text, chance.randrange(1, len(place.text) - 1)
    slips = [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + word[at + 1] + word[at] + word[at + 2 :]]
    return put(text, place, chance.choice(slips))


def front_phrase(text: str, chance: random.Random) -> str | None:
    """"What … in India?" becomes "In India, what …?"."""
    phrase = r'(?:in|on|for|during|after|at) (?:the )?\w+(?: [A-Z]\w+)?'
    found = re.fullmatch(rf'((?:What|How|Who|Which|Where|When|Why)\b[^,.?]{{8,80}}) ({phrase})\?', text)
    return f'{found[2][0].upper()}{found[2][1:]}, {found[1][0].lower()}{found[1][1:]}?' if found else None
