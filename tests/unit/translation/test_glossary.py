"""A glossary's terms in translated lines, with a model that follows rules."""

import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indicsubs_contract.messages.translation import GlossaryTerm
from indicsubs_text.languages import LANGUAGES
from indicsubs_text.words import fold, words_of
from indicsubs_translation.checks import issues_of
from indicsubs_translation.glossary import Glossary, find_terms
from indicsubs_translation.glossary_translation import with_glossary
from indicsubs_translation.repair import Attempt, translate_checked

HINDI, ENGLISH, TAMIL, URDU = (LANGUAGES[tag] for tag in ("hi", "en", "ta", "ur"))
MARK = re.compile(r"#q[a-z]{2}")


def term(source: str, english: str = "", *, keep: bool = False, **targets: str) -> GlossaryTerm:
    given = {"en": english, **targets}
    return GlossaryTerm(source=source, targets={k: v for k, v in given.items() if v}, keep=keep)


class Model:
    """Translates each line by a rule, and records its calls."""

    def __init__(self, rule: Callable[[str, int], str | Attempt]) -> None:
        self.rule = rule
        self.asked: list[tuple[list[str], int]] = []

    def __call__(self, lines: Sequence[str], beams: int) -> list[Attempt]:
        assert len(set(lines)) == len(lines) > 0
        self.asked.append((list(lines), beams))
        answers = [self.rule(line, beams) for line in lines]
        return [Attempt(answer) if isinstance(answer, str) else answer for answer in answers]


def carrying(line: str, beams: int) -> str:
    """A model that keeps marks and swaps what is around them."""
    return " ".join(["It is", *MARK.findall(line)][::-1]) + "."


def losing(line: str, beams: int) -> str:
    return "I see."


def table(**answers: str | Attempt) -> Callable[[str, int], str | Attempt]:
    return lambda line, beams: answers.get(f"{line}|{beams}", answers.get(line, "I see."))


def attempts_for(
    model: Model, terms: Sequence[GlossaryTerm], lines: Sequence[str], beams: int = 5
) -> list[Attempt]:
    return list(with_glossary(model, terms, HINDI, ENGLISH)(lines, beams))


def texts(model: Model, terms: Sequence[GlossaryTerm], lines: Sequence[str]) -> list[str]:
    return [attempt.text for attempt in attempts_for(model, terms, lines)]


# --- finding ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "line", "found"),
    [
        ("राम", "राम आया।", ["राम"]),
        ("राम", "रामू और रामा और राम्", []),
        ("राम", "सियाराम, बलराम", []),
        ("राम", "राम-लक्ष्मण! “राम”...राम", ["राम", "राम", "राम"]),
        ("ராமன்", "ராமனை ராமன் ராமனுக்கு ராமன்தான்", ["ராமன்"]),
        ("సీత", "సీతను సీత సీతమ్మ", ["సీత"]),
        ("سیتا", "سيتا آئی، سیتاجی", ["سيتا"]),
        ("کتاب", "كِتاب", ["كِتاب"]),
        ("veeru", "VEERU, Veeru's Veerus", ["VEERU", "Veeru"]),
        ("Étoile", "E\u0301toile etoile", ["E\u0301toile"]),
        ("ज़ोया", "ज\u093cोया जोया \u095bोया", ["ज\u093cोया", "जोया", "\u095bोया"]),
        ("रज़", "रज रज\u093c रजा", ["रज", "रज\u093c"]),
        ("पड", "पड़ पड\u093c प\u095c", []),
        ("അവൻ", "അവന്\u200d അവൻ അവൻറെ", ["അവന്\u200d", "അവൻ"]),
        ("सेक्टर 5", "सेक्टर  ५, सेक्टर ५२", ["सेक्टर  ५"]),
        ("काली पहाड़ी", "काली\u00a0पहाड़ी, काली", ["काली\u00a0पहाड़ी"]),
        ("font", '<font color="font">font</font>', ["font"]),
        ("ram", "ram@example.com www.ram.in http://x.in/ram #ram ram.", ["ram"]),
        ("राम", "राम\u200d राम", ["राम\u200d", "राम"]),
        ("@home", "@home", []),
        ("राम", "", []),
    ],
)
def test_terms_are_whole_words_in_any_spelling(source: str, line: str, found: list[str]) -> None:
    places = find_terms(line, {fold(source).text: "x"})
    assert [line[one.start : one.end] for one in places] == found


def test_the_longer_term_wins() -> None:
    found = find_terms("राम सिंह और राम", {"राम": "Ram", "राम सिंह": "Ram Singh"})
    assert [one.translation for one in found] == ["Ram Singh", "Ram"]


def test_later_terms_win_over_earlier_ones_in_any_spelling() -> None:
    terms = [term("ज़ोया", "Zoya"), term("जोया", "Joya")]
    assert Glossary(terms, ENGLISH).translations == {"जोया": "Joya"}


def test_what_a_term_is_in_a_language() -> None:
    terms = [term("राम", "Ram"), term("सीता", keep=True, ur="سیتا"), term(" ", "x")]
    assert Glossary(terms, ENGLISH).translations == {"राम": "Ram", "सीता": "सीता"}
    assert Glossary(terms, URDU).translations == {"सीता": "سیتا"}
    assert Glossary(terms[:1], URDU).translations == {}


def test_words_end_where_the_text_does() -> None:
    assert [word[1:] for word in words_of("राम, हाँ")] == [(0, 3), (5, 8)]
    assert list(words_of("")) == []


# --- translating -----------------------------------------------------------------------------


def test_only_lines_with_a_term_are_touched_and_all_are_asked_at_once() -> None:
    model = Model(carrying)
    found = texts(model, [term("वीरू", "Veeru")], ["वीरू आया।", "जय आया।", "वीरूने"])
    assert found == ["Veeru It is.", "It is.", "It is."]
    assert model.asked == [(["#qaa आया।", "जय आया।", "वीरूने"], 5)]


def test_a_changed_glossary_changes_exactly_the_lines_that_use_it() -> None:
    lines = ["वीरू आया।", "जय आया।", "वीरू!", "रामू, वीरू और जय", "वीरूने कहा।", "जय!"]
    jay = term("जय", "Jay")

    def film(*terms: GlossaryTerm) -> list[str]:
        translate = with_glossary(Model(carrying), terms, HINDI, ENGLISH)
        return translate_checked(lines, [translate], HINDI, ENGLISH, beam_size=5).texts

    one, other = film(term("वीरू", "Veeru"), jay), film(term("वीरू", "Biru"), jay)
    assert [k for k in range(len(lines)) if one[k] != other[k]] == [0, 2, 3]
    assert [text.replace("Veeru", "Biru") for text in one] == other
    assert [k for k, text in enumerate(film(jay)) if text != one[k]] == [0, 2, 3]
    without = film()
    assert [k for k in range(len(lines)) if without[k] != one[k]] == [0, 1, 2, 3, 5]


def test_nothing_concerns_the_target() -> None:
    model = Model(carrying)
    terms = [term("राम", ta="ராம்")]
    assert with_glossary(model, terms, HINDI, ENGLISH) is model
    assert with_glossary(model, terms, TAMIL, TAMIL) is model


def test_a_line_of_nothing_but_terms_needs_no_model() -> None:
    model = Model(losing)
    terms = [term("वीरू", "Veeru"), term("घी", "ghee", ur="گھی"), term("ram", hi="राम")]
    lines = ["♪ <i>वीरू, वीरू।</i> ♪", "घी? घी...", "५ घी; 4.5, वीरू"]
    wanted = ["♪ <i>Veeru, Veeru.</i> ♪", "Ghee? Ghee...", "5 ghee; 4.5, Veeru"]
    assert texts(model, terms, lines) == wanted
    translate = with_glossary(model, terms, HINDI, URDU)
    assert [attempt.text for attempt in translate(["घी, घी? घी।"], 5)] == ["گھی، گھی؟ گھی۔"]
    translate = with_glossary(model, terms, ENGLISH, HINDI)
    assert [attempt.text for attempt in translate(["Ram. Ram..."], 5)] == ["राम। राम..."]
    translate = with_glossary(model, [term("राम", mr="राम")], HINDI, LANGUAGES["mr"])
    assert [attempt.text for attempt in translate(["राम।"], 5)] == ["राम."]
    assert model.asked == []


@pytest.mark.parametrize(
    ("answer", "wanted"),
    [
        ("#qaa is hot.", "Ghee is hot."),
        ("Hot. #qaa", "Hot. Ghee"),
        ("The #qaa is hot.", "The ghee is hot."),
        ("Hot... #qaa", "Hot... ghee"),
        ("- “#qaa”", "- “Ghee”"),
        ("Oh! <i>#qaa</i>", "Oh! <i>Ghee</i>"),
        ("(No.) #qaa's", "(No.) Ghee's"),
    ],
)
def test_sentences_begin_with_a_capital(answer: str, wanted: str) -> None:
    assert texts(Model(lambda *_: answer), [term("घी", "ghee")], ["घी गरम"]) == [wanted]
    assert texts(Model(lambda *_: answer), [term("घी", "the Ghee")], ["घी गरम"]) == [
        wanted.replace("Ghee", "The Ghee").replace("ghee", "the Ghee")
    ]
    kept = wanted.replace("Ghee", "iGhee").replace("ghee", "iGhee")
    assert texts(Model(lambda *_: answer), [term("घी", "iGhee")], ["घी गरम"]) == [kept]


def test_the_same_term_has_one_mark_and_marks_are_never_the_line_s_own() -> None:
    model = Model(lambda line, _: line)
    terms = [term("राम", "Ram"), term("राजाराम", "Ram"), term("सीता", "Sita")]
    found = texts(model, terms, ["राम #qaa राजाराम सीता है"])
    assert model.asked[0][0] == ["#qab #qaa #qab #qac है"]
    assert found == ["Ram #qaa Ram Sita है"]


def test_lines_that_are_the_same_but_for_their_terms_are_translated_alike_and_once() -> None:
    model = Model(carrying)
    terms = [term("वीरू", "Veeru"), term("जय", "Jay")]
    assert texts(model, terms, ["वीरू आया।", "जय आया।"]) == ["Veeru It is.", "Jay It is."]
    assert model.asked == [(["#qaa आया।"], 5)]


def test_where_a_mark_is_lost_another_hypothesis_is_taken() -> None:
    attempt = Attempt("He came.", ("seen",), ("#qaa came.", "Came.", "Here #qaa came."))
    (found,) = attempts_for(
        Model(table(**{"#qaa आया।": attempt})), [term("वीरू", "Veeru")], ["वीरू आया।"]
    )
    assert found == Attempt("Veeru came.", ("seen",), ("Here Veeru came.",))


def test_hypotheses_of_other_lines_stay_as_they_are() -> None:
    attempt = Attempt("He came.", ("seen",), ("Came.", "#qaa"))
    model = Model(table(**{"वह आया।": attempt}))
    assert attempts_for(model, [term("वीरू", "Veeru")], ["वह आया।"]) == [attempt]


@pytest.mark.parametrize(("beams", "tried"), [(5, [5, 10, 1]), (10, [10, 1]), (1, [1, 10])])
def test_then_the_line_alone_with_other_beams(beams: int, tried: list[int]) -> None:
    answers = {f"#qaa आया।|{tried[-1]}": "#qaa came.", "वह गया।": "He went."}
    model = Model(table(**answers))
    found = attempts_for(model, [term("वीरू", "Veeru")], ["वह गया।", "वीरू आया।"], beams)
    assert [attempt.text for attempt in found] == ["He went.", "Veeru came."]
    assert model.asked == [
        (["वह गया।", "#qaa आया।"], beams),
        *((["#qaa आया।"], other) for other in tried[1:]),
    ]


def test_then_the_line_as_it_is_if_the_model_knows_the_term() -> None:
    attempt = Attempt("Beeru came.", (), ("VEERU came.", "Veerus came.", "So veeru came."))
    model = Model(table(**{"वीरू आया।": attempt}))
    (found,) = attempts_for(model, [term("वीरू", "Veeru")], ["वीरू आया।"])
    assert found == Attempt("Veeru came.", (), ("So Veeru came.",))
    assert [beams for _, beams in model.asked] == [5, 10, 1, 5]


def test_or_writes_what_it_sounds_like() -> None:
    terms = [term("वीरू", "Biru"), term("सीता", "Sita"), term("घी", "ghee")]
    attempt = Attempt("A hero came.", (), ("Veeru's Veeru came.", "I saw: Veeru came."))
    answers = {"वीरू आया।": attempt, "सीता और वीरू।": "Viru and SITA.", "घी गरम": "Ghee!"}
    model = Model(table(**answers))
    one, both, capital = attempts_for(model, terms, ["वीरू आया।", "सीता और वीरू।", "घी गरम"])
    assert one == Attempt("I saw: Biru came.")
    assert both == Attempt("Biru and Sita.")
    assert capital == Attempt("Ghee!")


def test_a_sound_is_no_term_where_two_terms_have_it_or_the_script_is_not_known() -> None:
    model = Model(table(**{"वीरू, वीरु गए": "Viru went", "वीरू गया": "ᱣᱤᱨᱩ"}))
    (found,) = attempts_for(model, [term("वीरू", "Biru"), term("वीरु", "Viro")], ["वीरू, वीरु गए"])
    assert found.text == "Biru, Viro I see"
    translate = with_glossary(model, [term("वीरू", sat="ᱣᱤᱨ")], HINDI, LANGUAGES["sat"])
    assert [attempt.text for attempt in translate(["वीरू गया"], 5)] == ["ᱣᱤᱨ I see"]


PARTS = {
    "कल": "Tomorrow.",
    "को मत मारो,": "Don't kill.",
    "भागो!": "Run!",
    "ने कहा,": "He said,",
    "से मिलो": "Meet.",
    "का दोस्त है।": Attempt("The friend is.", ("cut",)),
    "और": "And",
}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("कल वीरू को मत मारो, जय।", "Tomorrow Veeru Don't kill Jay."),
        ("वीरू का दोस्त है।", "Veeru the friend is."),
        ("- <i>कल जय?</i> ♪", "- <i>Tomorrow Jay?</i> ♪"),
        ("भागो! वीरू और जय!", "Run! Veeru and Jay!"),
        ("वीरू-जय से मिलो", "Veeru-Jay Meet"),
        ("(वीरू ने कहा, जय)", "(Veeru he said, Jay)"),
        ("कल <b>वीरू</b> से मिलो", "Tomorrow Veeru Meet"),
    ],
)
def test_in_the_end_the_words_around_the_term_are_translated_apart(line: str, wanted: str) -> None:
    model = Model(table(**PARTS))
    (found,) = attempts_for(model, [term("वीरू", "Veeru"), term("जय", "Jay")], [line])
    assert found.text == wanted
    assert "lost the placeholder of" in found.warnings[-1]
    assert "Veeru" in found.warnings[-1] or "Jay" in found.warnings[-1]
    assert ("cut" in found.warnings) == ("दोस्त" in line)
    assert ("markup inside the line is lost" in found.warnings) == ("<b>" in line)


def test_parts_of_several_lines_are_asked_once_and_without_spaces_words_stay_apart() -> None:
    model = Model(table(**{"'s": "का", "and": "और"}))
    terms = [term("Ram", hi="राम"), term("Sita", hi="सीता")]
    translate = with_glossary(model, terms, ENGLISH, HINDI)
    found = translate(["Ram's", "Sita's and", "Ram and Sita"], 5)
    assert [attempt.text for attempt in found] == ["राम का", "सीता I see", "राम और सीता"]
    assert model.asked[-1] == (["'s", "'s and", "and"], 5)


names = st.sampled_from(["वीरू", "जय", "राम सिंह", "घी"])
fillers = st.sampled_from(["आया", "और", "।", ", ", "♪", "<i>", "5", "रामू", "?", "...", "-", "राम"])
lines_of_film = st.lists(st.lists(names | fillers, max_size=7).map(" ".join), max_size=5)
TERMS = [
    term("वीरू", "Veeru"),
    term("राम सिंह", "Ram Singh"),
    term("घी", "ghee"),
    term("जय", keep=True),
]


@given(lines_of_film, st.randoms(use_true_random=False), st.sampled_from([1, 5, 10]))
def test_whatever_the_model_does_every_term_is_there(
    lines: list[str], random: object, beams: int
) -> None:
    def whim(line: str, _: int) -> Attempt:
        one, *others = (
            " ".join(random.choices([*MARK.findall(line), "He", "went.", ""], k=3))  # type: ignore[attr-defined]
            for _ in range(3)
        )
        return Attempt(one, (), tuple(others))

    found = attempts_for(Model(whim), TERMS, list(dict.fromkeys(lines)), beams)
    settled = Glossary(TERMS, ENGLISH)
    for line, attempt in zip(dict.fromkeys(lines), found, strict=True):
        for one in find_terms(line, settled.translations):
            for text in (attempt.text, *attempt.others):
                assert one.translation.lower() in text.lower()
        assert not MARK.search(attempt.text)


# --- checking --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "text", "reason"),
    [
        ("राम सेक्टर ५ गया।", "Ram went to Sector Five.", "numbers"),
        ("सीता आई।", "सीता came.", "leftover"),
        ("सीता!", "सीता!", "script"),
        ("बड़ी माँ आई।", "बड़ी माँ", "identical"),
    ],
)
def test_a_term_of_the_glossary_is_not_an_issue(line: str, text: str, reason: str) -> None:
    terms = [
        term("सेक्टर 5", "Sector Five"),
        term("सीता", keep=True),
        term("बड़ी माँ आई", keep=True),
    ]
    settled = Glossary(terms, ENGLISH)
    line = line.replace("आई।", "आई") if reason == "identical" else line
    text = line if reason == "identical" else text
    assert reason in [r for r, _ in issues_of(line, text, HINDI, ENGLISH)]
    assert issues_of(line, text, HINDI, ENGLISH, settled.excused(line)) == []


def test_what_is_wrong_beside_a_term_is_still_found() -> None:
    excused = Glossary([term("सेक्टर ५", "Sector Five")], ENGLISH).excused("५ सेक्टर ५")
    assert excused == ("सेक्टर ५", "Sector Five")
    found = issues_of("५ सेक्टर ५", "Six Sector Five गया", HINDI, ENGLISH, excused)
    assert [reason for reason, _ in found] == ["numbers", "leftover"]
    assert Glossary([], ENGLISH).excused("५") == ()


def test_an_ending_that_clings_to_a_term_is_seen_but_the_term_is_not() -> None:
    excused = Glossary([term("वीरू", keep=True)], TAMIL).excused("वीरू को")
    assert excused == ("वीरू",)
    assert issues_of("वीरू को", "வீட்டில் वीरूவை", HINDI, TAMIL, excused) == []
