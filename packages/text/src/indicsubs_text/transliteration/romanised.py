"""Lines in Latin letters where the language has a script of its own: found, and written in it.

The evidence is words that a language cannot do without: function words, as people spell them in
messages and subtitles. Ours, from usage; a word that English has too tells nothing.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Literal, TypeAlias

from indicsubs_text.languages import Language
from indicsubs_text.markup import MARKUP, outside_markup
from indicsubs_text.scripts import letters_by_script
from indicsubs_text.transliteration.library import convert

LineKind: TypeAlias = Literal["native", "romanised", "english", "unknown"]

NATIVE_SHARE = 0.5
"""With this share of its letters in its own script a line is native. Own choice: a Hindi line with
English names has more, an English line with a Hindi word fewer."""
EVIDENCE_SHARE = 0.25
"""At least this share of the words must be known for a verdict. Own choice: one of four words is a
function word in nearly all dialogue, and in names and titles hardly any."""


def _words_of(text: str) -> frozenset[str]:
    return frozenset(text.split())


_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)?")
_HINDI = {
    head + ending: native + case
    for head, native in (
        ("tum", "तुम"),
        ("hum", "हम"),
        ("aap", "आप"),
        ("mujh", "मुझ"),
        ("tujh", "तुझ"),
        ("us", "उस"),
        ("is", "इस"),
        ("un", "उन"),
        ("in", "इन"),
        ("kis", "किस"),
        ("jis", "जिस"),
        ("sab", "सब"),
    )
    for ending, case in (
        ("ne", "ने"),
        ("se", "से"),
        ("ko", "को"),
        ("ka", "का"),
        ("ki", "की"),
        ("ke", "के"),
        ("par", "पर"),
        ("mein", "में"),
    )
} | {
    word: native
    for native, words in {
        "मैं": "main mai",
        "में": "mein mei",
        "मेरा": "mera meraa",
        "मेरी": "meri",
        "मेरे": "mere",
        "मुझे": "mujhe mujhey",
        "मुझको": "mujhko",
        "मैंने": "maine mainey",
        "हम": "hum",
        "हमें": "humein hume",
        "हमारा": "hamara humara",
        "हमारी": "hamari humari",
        "हमारे": "hamare humare",
        "तू": "tu tuu",
        "तुम": "tum",
        "तुम्हें": "tumhe tumhein tumhen",
        "तुम्हारा": "tumhara",
        "तुम्हारी": "tumhari",
        "तुम्हारे": "tumhare",
        "तेरा": "tera",
        "तेरी": "teri",
        "तेरे": "tere",
        "आप": "aap",
        "आपका": "aapka",
        "आपकी": "aapki",
        "आपके": "aapke",
        "यह": "yeh yah",
        "ये": "ye",
        "वह": "woh wo voh vah",
        "उस": "us",
        "उसका": "uska",
        "उसकी": "uski",
        "उसके": "uske",
        "उसे": "use usey",
        "उसने": "usne",
        "इस": "iss",
        "इसका": "iska",
        "इसे": "ise isey",
        "कौन": "kaun kon",
        "क्या": "kya kyaa",
        "क्यों": "kyun kyon kyu",
        "कहाँ": "kahan kahaan kaha",
        "यहाँ": "yahan yahaan",
        "वहाँ": "wahan vahan wahaan",
        "कब": "kab",
        "अब": "ab",
        "जब": "jab",
        "तब": "tab",
        "कैसे": "kaise",
        "कैसा": "kaisa",
        "कैसी": "kaisi",
        "कितना": "kitna",
        "कुछ": "kuch kuchh",
        "कोई": "koi",
        "सब": "sab",
        "है": "hai he",
        "हैं": "hain",
        "हूँ": "hoon hun hu hoo",
        "हो": "ho",
        "था": "tha thaa",
        "थी": "thi",
        "थे": "the",
        "होगा": "hoga",
        "होगी": "hogi",
        "नहीं": "nahi nahin nhi nahee",
        "मत": "mat",
        "ना": "na naa",
        "हाँ": "haan han",
        "और": "aur",
        "या": "ya",
        "लेकिन": "lekin",
        "मगर": "magar",
        "पर": "par",
        "से": "se",
        "को": "ko",
        "का": "ka kaa",
        "की": "ki kee",
        "के": "ke",
        "ने": "ne",
        "तो": "to toh",
        "भी": "bhi bhee",
        "ही": "hi",
        "बहुत": "bahut bohot bahot",
        "साथ": "saath",
        "लिए": "liye",
        "अच्छा": "accha achha acha achchha",
        "ठीक": "theek thik",
        "यार": "yaar yar",
        "भाई": "bhai",
        "घर": "ghar",
        "काम": "kaam",
        "बात": "baat",
        "पता": "pata",
        "जा": "ja jaa",
        "जाओ": "jao jaao",
        "जाना": "jana jaana",
        "रहा": "raha rahaa",
        "रही": "rahi",
        "रहे": "rahe",
        "कर": "kar",
        "करो": "karo",
        "दो": "do",
        "करना": "karna",
        "करता": "karta",
        "करते": "karte",
        "गया": "gaya",
        "गई": "gayi gai",
        "गए": "gaye",
        "चलो": "chalo",
        "आओ": "aao",
        "बोलो": "bolo",
        "देखो": "dekho",
        "सुनो": "suno",
        "लड़का": "ladka",
        "लड़की": "ladki",
        "चाहिए": "chahiye",
        "प्यार": "pyar pyaar",
        "आज": "aaj",
        "जानता": "janta jaanta",
        "जानते": "jante jaante",
        "जानती": "janti jaanti",
        "रहता": "rehta",
        "रहते": "rehte",
        "रहती": "rehti",
        "कहता": "kehta",
        "कहते": "kehte",
        "कहना": "kehna",
        "पहले": "pehle",
        "झूठ": "jhooth jhuth",
        "भगवान": "bhagwan bhagwaan",
        "छोड़ो": "chhodo chodo",
        "भागो": "bhago bhaago",
        "शुक्रिया": "shukriya",
        "कल": "kal",
        "अभी": "abhi",
        "फिर": "phir fir",
        "एक": "ek",
        "जाता": "jata jaata",
        "जाती": "jati jaati",
        "जाते": "jate jaate",
        "आता": "aata",
        "खाना": "khana khaana",
        "पानी": "pani paani",
        "मिलते": "milte",
        "मिलता": "milta",
        "वाला": "wala waala",
        "वाले": "wale waale",
        "स्कूल": "school skool",
    }.items()
    for word in words.split()
}
"""The commonest words in the spellings that people use; the rules below get them wrong."""
_MARATHI = {
    word: native
    for native, words in {
        "मी": "mi mee",
        "मला": "mala",
        "माझा": "majha maza",
        "माझी": "majhi mazi",
        "तू": "tu",
        "तुला": "tula",
        "तुझा": "tujha tuza",
        "तुम्ही": "tumhi",
        "आम्ही": "amhi aamhi",
        "आहे": "aahe ahe",
        "आहेस": "aahes ahes",
        "आहेत": "aahet ahet",
        "नाही": "nahi naahi",
        "काय": "kay kaay",
        "कुठे": "kuthe",
        "कसा": "kasa",
        "कशी": "kashi",
        "का": "ka",
        "आणि": "aani ani",
        "पण": "pan",
        "हो": "ho",
        "ते": "te",
        "तो": "to",
        "ती": "ti",
        "हा": "ha",
        "ही": "hi",
        "हे": "he",
        "होता": "hota",
        "होती": "hoti",
        "घरी": "ghari",
        "जात": "jat jaat",
        "चल": "chal",
        "बोल": "bol",
        "खूप": "khup khoop",
    }.items()
    for word in words.split()
}
_EXACT: dict[str, dict[str, str]] = {"hi": _HINDI, "mr": _MARATHI}
FUNCTION_WORDS: dict[str, frozenset[str]] = {
    "hi": frozenset(_HINDI),
    "ur": frozenset(_HINDI) | _words_of("mujhay nahin jee janab kyunke magar agar woh"),
    "mr": frozenset(_MARATHI),
    "pa": _words_of(
        "main mainu tu tusi tussi tenu sanu assi mera meri tera teri sada ki kithe kiven"
        " kyon kado kaun hai han haan si nahi nai te da di de nu naal ne vich ton eh oh"
        " hun kar karo ja rha reha rahi rahe gal changa veer paaji oye"
    ),
    "bn": _words_of(
        "ami amar amake amra tumi tomar tomake tomra tui tor apni apnar se tar take ora"
        " ki keno kothay kobe kokhon kemon ke na noy hobe ache achhe acho achho chilo"
        " chhilo ar ebong kintu ekta eta ota ei oi jacchi jachchi jaccho bhalo khub ekhon"
        " tahole bolo koro"
    ),
    "gu": _words_of(
        "hu hun mane maru mari tu tane taru tame tamaru tamne ame amaru te e aa su shu"
        " kem kyan kyare kon chhe che chho cho chhu chu hato hati nathi na ane pan to nu"
        " ni no ma thi saru bahu have jau kaho karo aavo"
    ),
    "ta": _words_of(
        "naan nan enna en enakku unakku nee ni neenga avan aval avar avanga naanga enga"
        " enge eppo eppadi epdi yaar yen illa illai irukku iruku iruken iruka irukken oru"
        " intha antha idhu adhu da di dei vaa va po poda seri sari romba thaan dhaan aana"
        " podhum sollu paaru"
    ),
    "te": _words_of(
        "nenu naku naaku na naa nuvvu nuvu neeku niku nee ni meeru mee memu manam atanu"
        " ame vadu adi idi emi enti ento ekkada eppudu ela enduku evaru ledu kadu undi"
        " unnadu unnavu unnaru unna oka ee aa mari kani chala ra randi cheppu avunu sare"
    ),
    "kn": _words_of(
        "naanu nanu nanage nange nanna neenu ninu ninage ninge ninna neevu navu naavu"
        " avanu avalu avaru adu idu yenu enu elli yaake yake yaaru hege yavaga illa ide"
        " iddare alla ondu mattu aadre tumba banni hogu hogi beku beda houdu sari maadi"
    ),
    "ml": _words_of(
        "njan njaan enikku enik ente nee ni ninakku ninte ningal avan aval avar nammal"
        " njangal athu ithu enthu entha evide eppol engane aaru aara illa undu und alla"
        " oru pinne pakshe valare vaa poyi po parayu ariyilla sheri mathi"
    ),
}
"""By language, in small letters."""
ENGLISH_WORDS = _words_of(
    "i you he she it we they me him her us them my your his its our their this that"
    " these those the a an and or but if so because when where what who why how which"
    " is are am was were be been being do does did have has had will would can could"
    " should shall may might must not no yes don't can't won't isn't i'm you're it's"
    " that's i'll i've of in on at to for from with by about into out up down over"
    " here there now then just only very too all some any go going gone come coming"
    " get got know think want let look tell said say please sorry"
)

_SHARED = _words_of("main mere par mat hum hun han hi ha pan ya na sari tar ho chal ki ten")
"""Function words of some language that are rarer words, or names, in English."""


def classify(line: str, language: Language) -> LineKind:
    """What a line of a transcript in ``language`` is written in.

    ``unknown`` is a line without letters, or with too little evidence: a name, an "OK", a brand.

    >>> from indicsubs_text.languages import find_language
    >>> [classify(text, find_language("hi")) for text in ("yaar tum kahan ho", "where are you")]
    ['romanised', 'english']
    """
    counts = letters_by_script(MARKUP.sub(" ", line))
    own = language.own_script
    if counts and counts[own] >= NATIVE_SHARE * counts.total():
        return "native"
    words = _words(line)
    if not words or counts["Latn"] < NATIVE_SHARE * counts.total():
        return "unknown"
    known = FUNCTION_WORDS.get(language.base, frozenset())
    spoken = sum(word in known - ENGLISH_WORDS - _SHARED for word in words)
    english = sum(word in ENGLISH_WORDS - known for word in words)
    if max(spoken, english) < EVIDENCE_SHARE * len(words) or spoken == english:
        return "unknown"
    return "romanised" if spoken > english else "english"


def classify_all(lines: Sequence[str], language: Language) -> list[LineKind]:
    """As :func:`classify`, with the whole transcript as evidence for lines that have too little.

    Where Romanised lines are the most, an unknown line of several words in small letters is one.
    """
    kinds: list[LineKind] = [classify(line, language) for line in lines]
    counts = Counter(kinds)
    if counts["romanised"] <= max(counts["english"], counts["native"]):
        return kinds
    romanised: LineKind = "romanised"
    return [
        romanised if kind == "unknown" and _is_prose(line) else kind
        for kind, line in zip(kinds, lines, strict=True)
    ]


def to_native(line: str, language: Language) -> str | None:
    """A Romanised line in the language's own script; markup, digits and marks stay.

    Function words are looked up; the rest are spelt by rules and the library. English function
    words among them stay as they are.

    Returns:
        None for languages where no acceptable result is known: flag such lines.
    """
    exact = _EXACT.get(language.base)
    if exact is None:
        return None
    return outside_markup(line, lambda plain: _spell(plain, exact))


def _words(line: str) -> list[str]:
    return [word.lower().replace("’", "'") for word in _WORD.findall(MARKUP.sub(" ", line))]


def _is_prose(line: str) -> bool:
    words = _WORD.findall(MARKUP.sub(" ", line))
    return len(words) > 1 and all(word.islower() for word in words[1:])


def _spell(text: str, exact: dict[str, str]) -> str:
    def native(match: re.Match[str]) -> str:
        word = match[0].lower().replace("’", "'")
        if word in exact:
            return exact[word]
        if word in ENGLISH_WORDS or "'" in word or (match[0].isupper() and len(word) > 1):
            return match[0]
        return _by_rule(word)

    return _WORD.sub(native, text)


_INFORMAL = (
    (r"(.)\1\1+", r"\1\1"),
    ("aa", "A"),
    ("ee", "I"),
    ("oo", "U"),
    ("chh", "Ch"),
    ("w", "v"),
    ("ph", "f"),
    ("x", "ks"),
    ("ce$", "s"),
    ("c(?=[ei])", "s"),
    ("c(?!h)", "k"),
    ("Chh?", "Ch"),
    ("(?<=[^aeiouAIU])a$", "A"),
    ("(?<=[^aeiouAIU])i$", "I"),
    ("(?<=[bdghjklmnprvyz])(t[AeI])$", r"a\1"),
    ("(?<=[bdghjklmprvyz])(n[AeI])$", r"a\1"),
    ("[mn](?=[kgcjtdpb])", "M"),
    ("(?<=[^aeiouAIU])u$", "U"),
    ("(?<=[^aeiouAIU])ein$", "eM"),
    ("(?<=[^aeiouAIU])on$", "oM"),
)
"""Spellings of messages to ITRANS. A last vowel is long, as words that end in a short one are rare.
The endings of verbs are spelt apart from the stem: बोलना, not बोल्ना."""


@cache
def _by_rule(word: str) -> str:
    for pattern, itrans in _INFORMAL:
        word = re.sub(pattern, itrans, word)
    made = convert(word, "itrans", "devanagari")
    made = unicodedata.normalize("NFC", made)
    return made.removesuffix("\u094d")  # the last consonant's vowel is not spoken anyway
