"""The words of a sentence that the data can confirm or contradict: numerals in words, names, arms, times, directions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

_ONES = "two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"
_ONES = f"{_ONES} eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_LARGE = "hundred thousand million billion"
#: Value of each cardinal word from two on.
VALUES = (
    {word: number for number, word in enumerate(_ONES.split(), 2)}
    | {word: 10 * number for number, word in enumerate(_TENS.split(), 2)}
    | dict(zip(_LARGE.split(), (100, 1000, 10**6, 10**9), strict=True))
)
_CARDINAL = "|".join(VALUES)
_ORDINAL = (
    "third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|twelfth|\\w+teenth|\\w*(?:twent|thirt|fort|fift|sixt"
    "|sevent|eight|ninet)ieth|hundredth|thousandth|last of|first of|(?:twenty|thirty|forty|fifty)-(?:first|second)"
)
_SHARE = (
    "hal(?:f|ves|ved|ving)|thirds?|quarters?|fifths?|tenths?|twice|thrice|(?:doubl|tripl|quadrupl|halv|quintupl)\\w*"
    "|\\w+-?fold|most(?: (?:of|people|patients))|majority|minority|nobody|no one|everyone|everybody|everything"
    "|nearly all|almost all|dozens?|scores? of|\\w+score|couple of|myriads?|hundreds|thousands|millions"
    "|per ?cent|percent|handful|plenty|countless|hardly any|barely any|all but|vast|overwhelming\\w*"
)
_DATES = (
    "january|february|march|april|(?<=in )may|june|july|august|september|october|november|december|spring|summer"
    "|autumn|winter|(?:last|next|this|every) (?:year|month|week|decade)|decades?|century|yesterday|today|fortnight\\w*"
    "|nineties|eighties|seventies|sixties|mondays?|tuesdays?|wednesdays?|thursdays?|fridays?|saturdays?|sundays?"
)
_WORDED = re.compile(
    rf"\b(?:(?:{_CARDINAL})(?:[- ](?:{_CARDINAL}))*(?:[- ](?:{_ORDINAL}))?|{_ORDINAL}|{_SHARE}|{_DATES})\b",
    re.IGNORECASE,
)
_ROMAN = re.compile(
    r"\b(?=[IVXL]{2,}\b)X{0,4}(?:IX|IV|V?I{0,3}|L?X{0,3}V?I{0,3})\b|\b(?:phase|part|type|stage) [IVX]\b"
)
#: Names that hold a number word and say no number.
_FREE = re.compile(
    r"\b(?:the (?:last |first |other |next )?(?:two|three|four|five)|(?:these|those|its|both|all|which) (?:two|three|four)"
    r"|third[- ]part(?:y|ies)|half of all|percent(?:age)? points?|per ?cent\b(?= of days)|quarterly|nobody (?:asked|can|could say|has told|knows|should)|two (?:people|assessors|guidelines|versions)|at least hal(?:f|ved)|one (?:third|fifth)s?-)\b",
    re.IGNORECASE,
)


def numerals(text: str) -> list[str]:
    """Find what says a number without digits: words from two on, ordinals, shares, dates, Roman and other numerals."""
    plain = _FREE.sub(" ", re.sub(r"\{[^}]*\}", " ", text))
    found = [match[0] for match in _WORDED.finditer(plain)] + [match[0] for match in _ROMAN.finditer(plain)]
    return found + [char for char in plain if _is_numeral(char)]


def _is_numeral(char: str) -> bool:
    if char.isascii():
        return False
    return char.isnumeric() and char not in "²³" or "BRAILLE" in unicodedata.name(char, "")


#: What a word in a sentence asks of the cells behind its numbers: kind, the word, what the cells must say.
Guard = tuple[str, re.Pattern[str], re.Pattern[str]]


def _guards(kind: str, words: dict[str, str]) -> list[Guard]:
    flags = re.IGNORECASE
    return [
        # 'us' is no country
        (
            kind,
            re.compile(rf"\b(?:{said})\b", 0 if kind == "place" else flags),
            re.compile(needed or rf"\b(?:{said})\b", flags),
        )
        for said, needed in words.items()
    ]


GUARDS: list[Guard] = [
    *_guards(
        "condition",
        {
            r"depress\w*": r"depress|scl|phq|mood|hrs-d|madrs|bdi|mental",
            r"anxi\w*": "anxi|gad-|mental",
            r"PTSD|post-?traumatic\w*|trauma": "ptsd|trauma|caps|pcl|pds",
            r"opioids?|OUD|heroin|fentanyl": "opioid|oud|oaud|buprenorphine|moud",
            r"alcohol\w*|drinking": "alcohol|drink|oaud",
            r"stimulants?|cocaine|methamphetamine\w*": "stimulant|cocaine|amphetamine|substance",
            r"diabet\w*": "diabet|hba1c|a1c",
            r"cancer|oncolog\w*|tumou?rs?": "cancer|oncolog",
            r"psychosis|psychotic|schizophreni\w*": "psycho(?!ther|log|soc)|schizo",
            r"bipolar": "bipolar",
            r"dementia|alzheimer\w*": "dementia|alzheimer|cognitive",
            r"suicid\w*": "suicid",
            r"arthritis": "arthrit",
            r"panic": "panic",
            r"insomnia|sleep": "insomnia|sleep",
            r"cardiovascular|cardiac|heart|coronary|strokes?": "cardiovasc|cardiac|heart|coronary|cabg|stroke",
            r"asthma|COPD|obes\w*|HIV|hepatitis|epilepsy|migraines?|autism|ADHD|anorexia|bulimia": "",
        },
    ),
    *_guards(
        "people",
        {
            r"adolescents?|teenagers?|youths?|young people": "adolesc|teen|youth|young",
            r"child(?:ren)?|infants?|paediatric|pediatric": r"child|infant|p(?:a)?ediatr",
            r"older|elderly|late-life|geriatric": r"older|elder|late-life|late life|geriatric|min age|60|65|aged|impact",
            r"veterans?": r"veteran|\bva\b",
            r"soldiers?|military": "militar|soldier|army",
            r"pregnan\w*|mothers?|perinatal|postpartum": "pregnan|mother|perinatal|postpartum",
            r"women|girls": "women|woman|female|girl",
            r"men|boys": r"\bmen\b|\bmale|boy",
            r"students?": "student",
            r"prisoners?|inmates?|homeless": "prison|inmate|jail|homeless",
            r"Black|Latino|Hispanic|Asian|Indigenous": "",
        },
    ),
    *_guards(
        "comparator",
        {
            r"placebos?": "",
            r"waiting[- ]lists?|wait-?lists?": "",
            r"enhanced usual care": "enhanced usual|enhanced",
            r"usual care|care as usual|standard care|routine care|treatment as usual": r"usual|standard treatment",
            r"specialty care|specialist care": "special",
            r"sham|no treatment": "",
            r"active control": "active control|symptoms only",
        },
    ),
    *_guards(
        "place",
        {
            r"US|U\.S\.|USA|United States|Americans?(?! [A-Z])": r"\bus\b|washington|california|texas|indiana|mexico|york|penns"
            r"|veteran|\bva\b|medicare|medicaid|kaiser|states|massachus|rural|primary care",
            r"UK|United Kingdom|Britain|British|England|English": "kingdom|england|brit|uk",
            r"Scotland|Scottish": "scot",
            r"German\w*": "german",
            r"Swed\w*": "swed",
            r"Danish|Denmark": "dan|denmark",
            r"Ind(?:ia|ian)": r"\bindia",
            r"Canad\w*|Austral\w*|Netherlands|Dutch|Chin(?:a|ese)|Japan\w*|Franc\w*|French|Spain|Spanish|Ital\w*|Norw\w*": "",
            r"Chile\w*|Brazil\w*|Africa\w*|Europe\w*|Mexic\w*": "",
            r"hospitals?|inpatients?": "hospital|inpatient|cabg",
            r"prisons?|jails?|nursing homes?|emergency departments?|pharmac(?:y|ies)": "",
            r"schools?|universit\w+": "",
        },
    ),
    *_guards(
        "outcome",
        {
            r"remission|remitted": "remission",
            r"respon(?:se|ded|ders?)": "respon",
            r"died|deaths?|mortality|killed": "death|died|mortal",
            r"costs?|savings?|saved|cheaper": "cost|usd|saving|price|billing|cheap",
            r"abstinen\w*": "abstin",
            r"quality of life": "quality of life|vr-12|sf-12|health",
            r"disabilit\w*": "disab|function|iadl|sheehan",
            r"overdos\w*": "overdos",
            r"relaps\w*": "relaps",
            r"blood pressure|cholesterol|weight|HbA1c": "a1c|pressure|sbp|ldl|weight|cholest",
            r"satisf\w*": "satisf",
            r"side effects?|adverse events?|harms?": "adverse|harm|side effect|death|suicid|overdos|safety",
            r"hospitali[sz]\w*|readmi\w*": "hospital",
            r"pain": "pain",
            r"retention|retained": "retention|retained|treatment|follow",
        },
    ),
    *_guards(
        "unit",
        {
            r"euros?|€": "euro|eur",
            r"pounds?|£|sterling": "gbp|pound",
            r"dollars?|US\$": "usd|dollar|cost|paid|fee",
            r"QALYs?": "qaly",
            r"standard deviations?": r"\bsd\b|standard|cohen",
            r"kilograms?|mmHg|milligrams?": "",
        },
    ),
]

INSTRUMENT = re.compile(
    r"\b(?:PHQ|H?SCL|PCL|CAPS|GAD|SF|VR|HAM-?D|HRS-?D|MADRS|BDI|BASIS|PDS|AUDIT|DAST|ASI|EQ-5D|WHODAS|MMSE|HADS|CES-D"
    r"|DASI|IADL|K6|K10|ISI|BPI|QIDS|CGI|GDS)(?:-?(?:C-)?[\dIVX]+)?(?:-?[DC])?(?!\w)"
)
IDENTIFIER = re.compile(r"\b(?:NCT\d{8}|PMC\d+|PMID:? ?\d+|10\.\d{4,9}/\S+|ISRCTN\d+|\d{5}(?=\D|$)|G\d{4})")
TIME = re.compile(
    r"\b(?P<n>\d+|" + _CARDINAL + r")(?:[- ](?:and|or|to|than at|,) ?(?P<m>\d+))?[- ](?P<unit>month|year|week|day)s?\b",
    re.IGNORECASE,
)
_SHARED = re.compile(r"(\d+)(?=(?:,? (?:and|or|to|than at)|,) (?:\d+(?:,| and| or| to)? )*(\d+) (months|years|weeks))")

CERTAINTY = re.compile(
    r"\b(?:(?:very low|low|moderate|high)[- ]certainty|certainty (?:\w+ ){0,4}(?:was|is|were|are) (?:\w+ )?(?:low|moderate|high)"
    r"|(?:rated|judged|graded) (?:as )?(?:very )?(?:low|moderate|high)|conclusive\w*|definitive\w*|undoubted\w*"
    r"|(?:beyond|without) doubt|certainly|guarantee\w*|undeniabl\w*|prove[sdn]?|proof that|establish(?:es|ed) that"
    r"|equivalent to|as good as|identical|no effect|ineffective|useless|cures?|cured|always|never fails"
    r"|of each outcome high|clearly (?:works|superior))\b",
    re.IGNORECASE,
)
SIGNIFICANT = re.compile(
    r"(?P<no>\b(?:not|no|non-?|none|without|in)\W+(?:\w+\W+){0,3})?\bsignifican(?:t(?:ly)?|ce)\b", re.I
)
CARDINAL = re.compile(rf"\b(?:{_CARDINAL})\b", re.IGNORECASE)
NEGATION = re.compile(r"\b(?:not|no|none|never|nobody|neither|nor|without)\b", re.IGNORECASE)
MORE = re.compile(
    r"\b(?:more|higher|larger|greater|longer|rose|grew|increas\w+|gain\w*|improved more)\b(?! than (?:one|a|the)\b)",
    re.I,
)
FEWER = re.compile(
    r"\b(?:fewer|less|lower|smaller|shorter|fell|dropped|declin\w+|decreas\w+|reduc\w+|shrank|shrunk)\b(?! than (?:one|a)\b)",
    re.I,
)
BETTER = re.compile(
    r"\b(?:(?<!is )better|favou?rs? collaborative care|benefit(?:ed|s)?|helped|superior|outperform\w*)\b", re.I
)
WORSE = re.compile(
    r"\b(?:worse|worsened|favou?rs? (?:usual care|the comparator|enhanced usual care)|harmed|inferior|deteriorat\w*)\b",
    re.I,
)
INTERVENTION = re.compile(
    r"(?:with|of(?:fered)?|to|in|for|the|by|under|received|had)? ?(?:collaborative care(?! minus)(?! for mental)|the programme|the intervention)",
    re.I,
)
COMPARATOR = re.compile(
    r"(?:enhanced )?usual care|without (?:it|collaborative care)|the comparator|the control|collaborative care for mental"
    r"(?: health)?(?: symptoms)?(?: only| alone)|what clinics did anyway",
    re.I,
)


def times(text: str) -> Iterator[tuple[str, float]]:
    """Give each time of a text with its value in months, also the first of 'at 12, 18 and 24 months'."""
    factor = {"month": 1.0, "year": 12.0, "week": 12 / 52, "day": 12 / 365}
    for match in TIME.finditer(text):
        for name in ("n", "m"):
            if match[name]:
                number = VALUES.get(match[name].lower()) or float(match[name])
                yield match[0], number * factor[match["unit"].lower()]
    for match in _SHARED.finditer(text):
        yield f"{match[1]} {match[3]}", float(match[1]) * factor[match[3][:-1]]
