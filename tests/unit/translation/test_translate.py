"""Stage indictrans2_translation with models that have a phrase book: every language of a film."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.messages.progress import Progress
from indicsubs_contract.messages.translation import (
    GlossaryTerm,
    LanguageRoute,
    MemoryLine,
    TranslationRequest,
    TranslationTarget,
)
from indicsubs_contract.source_files import sha256
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import QualityIssue, Segment, Transcript, Translation
from indicsubs_translation.engine import BeamSearch, Rendering
from indicsubs_translation.translate import translate

COME_HI, COME_EN, COME_TA, COME_UR = "यहाँ आओ।", "Come here.", "இங்கே வா.", "یہاں آؤ۔"
WAIT_EN, WAIT_TA, WAIT_HI = "Wait a moment.", "ஒரு நிமிடம் இரு.", "एक पल रुको।"
FETCH = "Fetch it with: just models fetch x/en-indic"
PHRASES: Mapping[tuple[str, str, str], str] = {
    (COME_HI, "hin_Deva", "eng_Latn"): COME_EN,
    (COME_HI, "hin_Deva", "tam_Taml"): COME_TA,
    (COME_UR, "urd_Arab", "eng_Latn"): COME_EN,
    (COME_UR, "urd_Arab", "tam_Taml"): COME_TA,
    (COME_EN, "eng_Latn", "tam_Taml"): COME_TA,
    (WAIT_EN, "eng_Latn", "tam_Taml"): WAIT_TA,
    (WAIT_EN, "eng_Latn", "hin_Deva"): WAIT_HI,
    ("तुम", "hin_Deva", "eng_Latn"): "You",
    ("तुम कहाँ हो", "hin_Deva", "eng_Latn"): "Where are you",
}


def model(name: str) -> ModelFolder:
    return ModelFolder(name=name, folder=f"/models/{name}", fingerprint=name)


INDIC_EN, EN_INDIC, INDIC_INDIC = map(model, ("indic-en", "en-indic", "indic-indic"))


class PhraseBook:
    """A ``TranslationEngine`` that knows the sentences of ``PHRASES``, and echoes the others."""

    longest = 100

    def __init__(self, film: "Film") -> None:
        self.film = film
        self.asked: list[tuple[str, str, str]] = []

    def check_languages(self, source: str, target: str) -> None:
        unknown = self.film.unknown
        if unknown in {source, target}:
            raise IndicsubsError(FailureCode.BAD_INPUT, f"The model has no tag for {unknown}.")

    def fits(self, sentence: str, source: str, target: str) -> bool:
        return self.film.fits(sentence)

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        search: BeamSearch,
        done: Callable[[Sequence[int]], None],
    ) -> list[list[Rendering]]:
        self.asked += [(sentence, source, target) for sentence in sentences]
        done(range(len(sentences)))
        renderings: list[list[Rendering]] = []
        for sentence in sentences:
            answer = self.film.answers(sentence)
            text = PHRASES.get((sentence, source, target), sentence) if answer is None else answer
            renderings.append([Rendering(text, 4, complete=self.film.complete(sentence))])
        return renderings


class Film:
    """A transcript and its translation into some targets."""

    def __init__(
        self, job: Path, segments: Sequence[Segment], language: str = "hi", **request: object
    ) -> None:
        self.job = job
        self.segments = tuple(segments)
        self.language = language
        self.request = request
        self.loaded: list[str] = []
        self.books: dict[str, PhraseBook] = {}
        self.progress: list[Progress] = []
        self.warnings: tuple[str, ...] = ()
        self.unknown: str | None = None
        self.answers: Callable[[str], str | None] = lambda _: None
        self.fits: Callable[[str], bool] = lambda _: True
        self.complete: Callable[[str], bool] = lambda _: True

    def translate(self, *targets: TranslationTarget) -> list[Translation]:
        stage = StageName.INDICTRANS2_TRANSLATION
        context = stage_context(stage, self.job, progress=self.progress)
        request = {"languages": ENGINES["torch"].languages, "device": "cpu", "engine": "torch"}
        result = translate(
            TranslationRequest(
                transcript=context.write_document(
                    "sentences.json",
                    Transcript(language=self.language, segments=self.segments),
                    "transcript",
                ),
                targets=targets,
                **{**request, **self.request},
            ),
            context,
            self.load,
        )
        self.warnings = result.warnings
        return [self.read(file) for file in result.translations]

    def load(self, folder: ModelFolder, *, precise: bool) -> PhraseBook:
        self.loaded.append(folder.name)
        return self.books.setdefault(folder.name, PhraseBook(self))

    def read(self, file: Artifact) -> Translation:
        path = self.job / file.path
        assert sha256(path) == file.sha256
        return msgspec.json.decode(path.read_bytes(), type=Translation)


def lines(*texts: str | tuple[str, str], **fields: object) -> list[Segment]:
    """Segments of two seconds; a pair is a text and its language."""
    pairs = [(text, None) if isinstance(text, str) else text for text in texts]
    return [
        Segment(start_ms=2000 * k, end_ms=2000 * k + 1900, text=text, language=tag, **fields)
        for k, (text, tag) in enumerate(pairs)
    ]


def target(tag: str, model: ModelFolder | None, *routes: LanguageRoute, **fields: object):
    return TranslationTarget(language=tag, model=model, routes=routes, **fields)


def route(source: str, model: ModelFolder | None, **fields: object) -> LanguageRoute:
    return LanguageRoute(source=source, model=model, **fields)


MIXED = lines(COME_HI, (WAIT_EN, "en"), (COME_UR, "ur"), COME_HI)


def test_each_line_is_translated_from_its_own_language(tmp_path: Path) -> None:
    film = Film(tmp_path, MIXED)
    english, tamil, hindi = film.translate(
        target("en", INDIC_EN, route("ur", INDIC_EN)),
        target("ta", INDIC_INDIC, route("en", EN_INDIC), route("ur", INDIC_INDIC)),
        target("hi", None, route("en", EN_INDIC), route("ur", None, unavailable=FETCH)),
    )
    assert english.texts == (COME_EN, WAIT_EN, COME_EN, COME_EN), "English is copied"
    assert tamil.texts == (COME_TA, WAIT_TA, COME_TA, COME_TA)
    assert hindi.texts == (COME_HI, WAIT_HI, COME_UR, COME_HI)
    assert english.source_language == "hi"
    assert [english.issues, tamil.issues] == [(), ()]
    assert sorted(film.loaded) == ["en-indic", "indic-en", "indic-indic"], "each is loaded once"
    assert (COME_UR, "urd_Arab", "tam_Taml") in film.books["indic-indic"].asked
    counted = [report.done for report in film.progress if report.total]
    assert counted == sorted(counted)
    assert {report.total for report in film.progress if report.total} == {12}
    assert counted[-1] == 12


def test_lines_that_were_corrected_in_the_show_are_used_again_and_counted(tmp_path: Path) -> None:
    memory = (
        MemoryLine(language="en", source=COME_HI, text="Come over here!"),
        MemoryLine(language="ta", source="तुम", text="நீ"),
        MemoryLine(language="en", source=WAIT_EN, text="of another language"),
    )
    film = Film(tmp_path, MIXED, memory=memory)
    english, tamil = film.translate(
        target("en", INDIC_EN, route("ur", INDIC_EN)),
        target("ta", INDIC_INDIC, route("en", EN_INDIC), route("ur", INDIC_INDIC)),
    )
    assert english.texts == ("Come over here!", WAIT_EN, COME_EN, "Come over here!")
    assert tamil.texts == (COME_TA, WAIT_TA, COME_TA, COME_TA)
    counted = "en: 2 line(s) have the translation that was corrected in the show."
    assert film.warnings == (counted,)


def test_a_corrected_line_has_no_issue(tmp_path: Path) -> None:
    film = Film(
        tmp_path,
        lines("5 बजे आओ।"),
        memory=(MemoryLine(language="en", source="5 बजे आओ।", text="Come at five."),),
    )
    film.answers = lambda _: "Come."
    (english,) = film.translate(target("en", INDIC_EN))
    assert (english.texts, english.issues) == (("Come at five.",), ())


def test_a_line_without_a_model_is_shown_as_it_is_and_the_run_says_once_what_to_fetch(
    tmp_path: Path,
) -> None:
    film = Film(tmp_path, [*MIXED, *lines(("♪", "en"))])
    missing = route("en", None, unavailable=FETCH)
    tamil, telugu = film.translate(
        target("ta", INDIC_INDIC, missing, route("ur", INDIC_INDIC)),
        target("te", INDIC_INDIC, missing, route("ur", INDIC_INDIC)),
    )
    assert tamil.texts == (COME_TA, WAIT_EN, COME_TA, COME_TA, "♪")
    assert [(issue.index, issue.reason) for issue in tamil.issues] == [(1, "language")]
    assert telugu.texts[1] == WAIT_EN
    (warning,) = [warning for warning in film.warnings if FETCH in warning]
    assert warning.startswith("2 line(s) in English were not translated into Tamil, Telugu")


def test_a_line_of_a_language_that_no_route_names_is_shown_as_it_is(tmp_path: Path) -> None:
    film = Film(tmp_path, lines(COME_HI, (COME_UR, "ur")))
    (english,) = film.translate(target("en", INDIC_EN))
    assert english.texts == (COME_EN, COME_UR)
    assert any("No model was given" in warning for warning in film.warnings)


@pytest.mark.parametrize("pivot", [None, INDIC_EN])
def test_a_language_that_the_model_does_not_know_is_no_failure(
    tmp_path: Path, pivot: ModelFolder | None
) -> None:
    film = Film(tmp_path, lines(COME_HI, (COME_UR, "ur")))
    film.unknown = "urd_Arab"
    model = EN_INDIC if pivot else INDIC_INDIC
    urdu = route("ur", model, pivot=pivot)
    (tamil,) = film.translate(target("ta", model, urdu, pivot=pivot))
    assert tamil.texts == (COME_TA, COME_UR)
    assert [issue.reason for issue in tamil.issues] == ["language"]
    assert any("no tag for urd_Arab" in warning for warning in film.warnings)


def test_the_film_s_own_language_must_be_known(tmp_path: Path) -> None:
    film = Film(tmp_path, MIXED)
    film.unknown = "hin_Deva"
    with pytest.raises(IndicsubsError, match="no tag for hin_Deva"):
        film.translate(target("ta", INDIC_INDIC))
    with pytest.raises(IndicsubsError, match="No model is given for Hindi to Tamil"):
        film.translate(target("ta", None))
    other = Film(tmp_path, MIXED, languages={"ta": ENGINES["torch"].languages["ta"]})
    with pytest.raises(IndicsubsError, match="does not know Hindi"):
        other.translate(target("ta", INDIC_INDIC))


def test_any_other_failure_stops_the_stage(tmp_path: Path) -> None:
    film = Film(tmp_path, lines(COME_HI, (COME_UR, "ur")))

    def answer(sentence: str) -> str | None:
        if sentence == COME_UR:
            raise IndicsubsError(FailureCode.OUT_OF_MEMORY, "The memory is full.")
        return None

    film.answers = answer
    with pytest.raises(IndicsubsError, match="memory is full"):
        film.translate(target("en", INDIC_EN, route("ur", INDIC_EN)))


def test_all_lines_go_through_english_and_english_lines_begin_there(tmp_path: Path) -> None:
    film = Film(tmp_path, MIXED)
    (tamil,) = film.translate(
        target(
            "ta",
            EN_INDIC,
            route("en", EN_INDIC),
            route("ur", EN_INDIC, pivot=INDIC_EN),
            pivot=INDIC_EN,
        )
    )
    assert tamil.texts == (COME_TA, WAIT_TA, COME_TA, COME_TA)
    assert film.loaded == ["indic-en", "en-indic"], "no model is loaded again for a language"
    assert {report.total for report in film.progress if report.total} == {7}


def test_an_issue_on_the_way_through_english_says_so(tmp_path: Path) -> None:
    film = Film(tmp_path, lines("पाँच 5 लोग यहाँ आओ।"))
    film.answers = lambda sentence: COME_EN if "5" in sentence else COME_TA
    (tamil,) = film.translate(target("ta", EN_INDIC, pivot=INDIC_EN))
    assert tamil.issues == (
        QualityIssue(index=0, reason="numbers", detail="in English: 5 missing"),
    )
    assert film.warnings == (
        "ta: 1 line fails a check (numbers 1), the first at 0:00:00; see translation.ta.json.",
    )


def test_a_quarantined_line_has_an_empty_translation_unless_it_is_shown(tmp_path: Path) -> None:
    segments = [*lines(COME_HI), *lines(COME_HI, quarantined="no words were heard there")]
    targets = target("en", INDIC_EN), target("hi", None), target("hi", None, script="Latn")
    english, hindi, latin = Film(tmp_path, segments).translate(*targets)
    assert english.texts == (COME_EN, "")
    assert hindi.texts == (COME_HI, "")
    assert latin.texts == ("yahan aao.", "")
    assert english.issues == ()
    shown, _, _ = Film(tmp_path, segments, doubtful="show").translate(*targets)
    assert shown.texts == (COME_EN, COME_EN)


def test_the_terms_of_the_film_s_language_are_known_in_english_lines_too(tmp_path: Path) -> None:
    term = GlossaryTerm(source="वीरू", targets={"en": "Veeru", "ta": "வீரு"})
    film = Film(tmp_path, lines(COME_HI, ("Veeru, come here.", "en")), glossary=(term,))
    film.answers = lambda sentence: (
        sentence.replace("come here", "இங்கே வா") if "come" in sentence else None
    )
    (tamil,) = film.translate(target("ta", INDIC_INDIC, route("en", EN_INDIC)))
    assert tamil.texts == (COME_TA, "வீரு, இங்கே வா.")


def test_the_terms_of_an_english_film_are_in_english(tmp_path: Path) -> None:
    term = GlossaryTerm(source="Veeru", targets={"en": "Viru", "ta": "வீரு"})
    film = Film(tmp_path, lines("Veeru, come here."), "en", glossary=(term,))
    film.answers = lambda sentence: sentence.replace("come here", "இங்கே வா")
    (tamil,) = film.translate(target("ta", EN_INDIC))
    assert tamil.texts == ("வீரு, இங்கே வா.",)


def test_lines_in_latin_letters_are_converted_or_flagged(tmp_path: Path) -> None:
    latin = lines("tum kahan ho", "where are you")
    film = Film(tmp_path, latin)
    (english,) = film.translate(target("en", INDIC_EN))
    assert english.texts[0] == "Where are you"
    assert film.warnings[0].startswith("1 Romanised line(s) were converted to Hindi's own script")
    assert [issue.index for issue in english.issues if issue.reason == "source"] == [1]
    flagged = Film(tmp_path, latin, romanised="flag")
    (english,) = flagged.translate(target("en", INDIC_EN))
    assert {issue.index for issue in english.issues if issue.reason == "source"} == {0, 1}


def test_a_converted_line_of_one_word_is_named_where_it_stays_in_latin_letters(
    tmp_path: Path,
) -> None:
    film = Film(tmp_path, lines("tum"), romanised="flag")
    (english,) = film.translate(target("en", INDIC_EN))
    assert (
        QualityIssue(index=0, reason="source", detail="the line to translate is in Latin letters")
        in english.issues
    )


def test_equal_lines_of_two_languages_stay_apart(tmp_path: Path) -> None:
    """Marathi and Hindi share words and letters; each line is asked for with its language."""
    film = Film(tmp_path, lines(COME_HI, (COME_HI, "mr")))
    film.translate(target("en", INDIC_EN, route("mr", INDIC_EN)))
    asked = {(source, text) for text, source, _ in film.books["indic-en"].asked}
    assert asked == {("hin_Deva", COME_HI), ("mar_Deva", COME_HI)}


def test_the_language_of_a_segment_may_be_written_as_a_code(tmp_path: Path) -> None:
    film = Film(tmp_path, lines((COME_HI, "hin"), (COME_UR, "urd_Arab")))
    (english,) = film.translate(target("en", INDIC_EN, route("ur", INDIC_EN)))
    assert english.texts == (COME_EN, COME_EN)


def test_names_are_spelt_alike_and_failing_lines_are_translated_precisely(tmp_path: Path) -> None:
    film = Film(
        tmp_path,
        lines("वीरू यहाँ आओ।", "वीरू यहाँ रुको।", "वीरू अब सुनो।", "5 लोग।"),
        compute_type="int8",
    )
    film.answers = lambda sentence: {
        "वीरू यहाँ आओ।": "Come here, Veeru.",
        "वीरू यहाँ रुको।": "Wait here, Veeru.",
        "वीरू अब सुनो।": "Listen now, Viru.",
    }.get(sentence, "Five people.")
    english = target("en", INDIC_EN, characters_per_second=20.0)
    (translation,) = film.translate(english)
    assert translation.texts[2] == "Listen now, Veeru."
    assert "en: the name Viru is spelt Veeru, as elsewhere in the film, in 1 line(s)." in (
        film.warnings
    )
    assert film.loaded == ["indic-en", "indic-en"], "once more, in float32"
    assert any("translating 1 line(s) again" in (report.note or "") for report in film.progress)


def test_a_model_that_does_not_fit_a_language_is_named_with_the_language(tmp_path: Path) -> None:
    film = Film(tmp_path, lines(COME_HI, *((f"{number} یہاں", "ur") for number in range(100, 122))))
    film.answers = lambda sentence: None if sentence == COME_HI else "Here."
    film.translate(target("en", INDIC_EN, route("ur", INDIC_EN)))
    assert any(
        warning.startswith("en: Urdu: 22 of 22 different lines failed a check")
        for warning in film.warnings
    )


def test_warnings_name_the_line_of_the_film(tmp_path: Path) -> None:
    film = Film(tmp_path, lines((WAIT_EN, "en"), "यहाँ <b>आओ</b> अब।"))
    film.answers = lambda _: "Come here now."
    film.translate(target("en", INDIC_EN))
    assert film.warnings == ("en, line 2 at 0:00:02: markup inside the line is lost.",)


def test_notes_in_another_language_need_no_model(tmp_path: Path) -> None:
    film = Film(tmp_path, lines(COME_HI, "♪", ("♪", "en")))
    (tamil,) = film.translate(target("ta", INDIC_INDIC, route("en", None, unavailable=FETCH)))
    assert (tamil.texts, tamil.issues, film.warnings) == ((COME_TA, "♪", "♪"), (), ())


def test_a_sentence_that_is_too_long_is_cut_and_one_that_is_cut_off_is_named(
    tmp_path: Path,
) -> None:
    first, second = "पहला वाक्य बहुत लंबा है,", "और दूसरा भी।"
    film = Film(tmp_path, lines(f"{first} {second}", COME_HI))
    film.fits = lambda sentence: len(sentence) <= len(first)
    film.answers = {first: "The first is long,", second: "", COME_HI: "Come"}.get
    film.complete = lambda sentence: sentence != COME_HI
    film.translate(target("en", INDIC_EN))
    assert "en, line 1 at 0:00:00: longer than the model's 100 tokens; translated in pieces." in (
        film.warnings
    )
    assert any("line 1" in warning and "gave no words" in warning for warning in film.warnings)
    assert any("line 2" in warning and "cut by the model" in warning for warning in film.warnings)


def test_an_empty_film_has_empty_translations(tmp_path: Path) -> None:
    (english,) = Film(tmp_path, []).translate(target("en", INDIC_EN))
    assert english.texts == ()
