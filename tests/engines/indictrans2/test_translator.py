"""Translating lines with the demo models, and with random ones where anything goes."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import Checkpoint, translated

from indicsubs_contract.checkpoint import StageCheckpoint
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indictrans2.translator import IndicTrans2
from indicsubs_translation.hypotheses import Hypothesis
from indicsubs_translation.line_translation import translate_lines


@pytest.fixture(scope="module")
def to_english(demo_translators: dict[str, Path]) -> IndicTrans2:
    return IndicTrans2.load(demo_translators["indic-en"], "cpu", "float32")


Sentences = list[tuple[str, str, str]]


def test_recognised_lines_without_punctuation_are_right(
    to_english: IndicTrans2, demo_sentences: Sentences
) -> None:
    heard = [re.sub("[।?!,.]", "", hindi) for hindi, _, _ in demo_sentences]
    wanted = [english for _, english, _ in demo_sentences]
    assert translated(to_english, heard) == wanted


@pytest.mark.parametrize("batch_tokens", [1, 40, None])
@pytest.mark.parametrize("beam_size", [1, 5])
def test_batches_and_order_change_nothing(
    to_english: IndicTrans2, demo_sentences: Sentences, batch_tokens: int | None, beam_size: int
) -> None:
    pairs = sorted(demo_sentences, key=lambda row: row[1])
    lines = [row[0] for row in pairs]
    found = translated(to_english, lines, batch_tokens=batch_tokens, beam_size=beam_size)
    assert found == [row[1] for row in pairs]


def test_lines_without_letters_are_copied_and_never_reach_the_model(
    demo_translators: dict[str, Path],
) -> None:
    translator = IndicTrans2.load(demo_translators["indic-en"], "cpu", "float32")
    lines = ["", "  ", "♪ ♫", "५:४५", "...", "?!", "❤️👨‍👩‍👧", "- 42 -", "<i>♪</i>", "{\\an8}…"]
    done: list[int] = []
    assert translated(translator, lines, report=done.append) == lines
    assert done == [len(lines)]
    assert translated(translator, []) == []
    assert translator._generator is None, "the network was loaded"


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("♪ दरवाज़ा बंद कर दो। ♪", "♪ Close the door. ♪"),
        ("- <i>दरवाज़ा बंद कर दो।</i>", "- <i>Close the door.</i>"),
        ("{\\an8}दरवाज़ा बंद\nकर दो। ❤️", "{\\an8}Close the door. ❤️"),
        ("मुझे अकेला छोड़ दो। दरवाज़ा बंद कर दो।", "Leave me alone. Close the door."),
        ("मुझे अकेला छोड़ दो.दरवाज़ा बंद कर दो।", "Leave me alone. Close the door."),
    ],
)
def test_what_surrounds_a_sentence_stays(to_english: IndicTrans2, line: str, wanted: str) -> None:
    assert translated(to_english, [line]) == [wanted]


def test_markup_inside_a_line_is_lost_with_a_warning(to_english: IndicTrans2) -> None:
    found = translate_lines(
        to_english, ["मुझे अकेला छोड़ दो।", "दरवाज़ा <b>बंद</b> कर दो।"], "hin_Deva", "eng_Latn"
    )
    assert found[1].text == "Close the door."
    assert [attempt.warnings for attempt in found] == [(), ("markup inside the line is lost",)]


def test_literal_tokens_do_no_harm(to_english: IndicTrans2) -> None:
    lines = ["<s>", "</s> दरवाज़ा बंद कर दो।", "<pad><unk> hin_Deva", "[ID1] <ID1> <dnt>"]
    found = translated(to_english, lines)
    assert found[0] == "<s>"
    assert found[1] == "</s> Close the door."
    assert len(found) == 4


def test_two_thousand_words_are_translated_to_the_end(to_english: IndicTrans2) -> None:
    sentence = "रास्ता बहुत लंबा और खतरनाक है"
    words = " ".join([sentence] * 400).split()[:2000]
    (found,) = translate_lines(to_english, [" ".join(words)], "hin_Deva", "eng_Latn", beam_size=1)
    assert found.warnings == ("longer than the model's 256 tokens; translated in pieces",)
    # The model knows single sentences: each piece gives one of them, and there are as many pieces
    # as 253 tokens demand.
    assert found.text.count("The road is very long and dangerous.") >= 2000 * 4 // 253


def test_an_output_that_the_model_does_not_end_has_a_warning(checkpoint: Checkpoint) -> None:
    folder = checkpoint(max_target_positions=8)
    translator = IndicTrans2.load(folder, "cpu", "float32")
    lines = ["", "मैं घर आज", "हम पानी कल"]
    found = translate_lines(translator, lines, "hin_Deva", "eng_Latn", beam_size=1)
    assert len(found) == 3
    assert "cut by the model after 7 tokens; check its end" in found[1].warnings


def test_progress_counts_lines_up_to_all(
    to_english: IndicTrans2, demo_sentences: Sentences
) -> None:
    done: list[int] = []
    lines = [
        "",
        *(row[0] for row in demo_sentences),
        f"{demo_sentences[0][0]} {demo_sentences[1][0]}",
    ]
    translate_lines(
        to_english, lines, "hin_Deva", "eng_Latn", beam_size=1, batch_tokens=80, report=done.append
    )
    assert done == sorted(done)
    assert done[0] == 1
    assert done[-1] == len(lines)


def test_languages_that_indictrans2_or_the_model_lacks(to_english: IndicTrans2) -> None:
    with pytest.raises(IndicsubsError, match="'hindi' is not the FLORES-200 code") as caught:
        translate_lines(to_english, ["एक"], "hindi", "eng_Latn")
    assert caught.value.code is FailureCode.BAD_INPUT
    with pytest.raises(IndicsubsError, match="no tag for mar_Deva") as caught:
        translate_lines(to_english, ["एक"], "mar_Deva", "eng_Latn")
    assert caught.value.code is FailureCode.BAD_INPUT


@pytest.mark.parametrize(
    "line",
    [
        "This is English, not Hindi at all!",
        "یہ اردو ہے۔",
        "இது தமிழ்.",
        "𝒜𝓁𝑔𝑒𝒷𝓇𝒶 \u200b\ufeff\u202e אבג",
        "https://example.com/a?b=c ram@example.com #hashtag 50% 1,234.56 $5",
        "क" * 3000,
    ],
)
def test_lines_that_the_model_has_never_seen(to_english: IndicTrans2, line: str) -> None:
    (found,) = translated(to_english, [line], beam_size=1)
    assert "<ID" not in found


def test_other_hypotheses_are_close_and_different(
    to_english: IndicTrans2, demo_sentences: Sentences
) -> None:
    words = [word for row in demo_sentences for word in row[0].split()]
    unsure = [" ".join(words[k : k + 3]) for k in range(0, 60, 3)]
    found = translate_lines(to_english, unsure, "hin_Deva", "eng_Latn", hypotheses=5)
    assert [one.text for one in found] == translated(to_english, unsure)
    assert any(one.others for one in found)
    for one in found:
        assert one.text not in one.others
        assert len(set(one.others)) == len(one.others) < 5


def test_what_the_cache_has_needs_no_network(
    tmp_path: Path, demo_translators: dict[str, Path], demo_sentences: Sentences
) -> None:
    def load() -> IndicTrans2:
        return IndicTrans2.load(
            demo_translators["indic-en"], "cpu", "float32", cache=tmp_path / "cache.sqlite"
        )

    lines = [row[0] for row in demo_sentences]
    first = translate_lines(load(), lines, "hin_Deva", "eng_Latn", hypotheses=5)
    again = load()
    done: list[int] = []
    assert first == translate_lines(
        again, lines, "hin_Deva", "eng_Latn", hypotheses=5, report=done.append
    )
    assert again._generator is None, "the network was loaded"
    assert done[-1] == len(lines)
    lines[3] = "वह आदमी सच बोल रहा है।"
    edited = load()
    asked: list[int] = []
    search = edited.generator.search
    edited.generator.search = lambda batch, *how: asked.append(len(batch)) or search(batch, *how)  # type: ignore[method-assign]
    found = translate_lines(edited, lines, "hin_Deva", "eng_Latn", hypotheses=5)
    assert asked == [1], "only the edited line is translated"
    assert [one for k, one in enumerate(found) if k != 3] == [
        one for k, one in enumerate(first) if k != 3
    ]


def test_other_beams_languages_and_models_are_cached_apart(
    tmp_path: Path, checkpoint: Checkpoint
) -> None:
    def load(name: str, seed: int) -> IndicTrans2:
        folder = tmp_path / name
        return IndicTrans2.load(
            folder if folder.exists() else checkpoint(name, seed=seed, max_target_positions=9),
            "cpu",
            "float32",
            fingerprint=name,
            cache=tmp_path / "cache.sqlite",
        )

    lines = ["मैं घर आज", "हम पानी कल"]
    translate_lines(load("one", 1), lines, "hin_Deva", "eng_Latn", beam_size=2)
    for name, target, beams in (
        ("one", "eng_Latn", 3),
        ("one", "tam_Taml", 2),
        ("two", "eng_Latn", 2),
    ):
        other = load(name, 2)
        translate_lines(other, lines, "hin_Deva", target, beam_size=beams)
        assert other._generator is not None
    same = load("one", 1)
    translate_lines(same, lines, "hin_Deva", "eng_Latn", beam_size=2)
    assert same._generator is None


def test_an_interrupted_translation_continues_after_its_last_batch(
    tmp_path: Path, demo_translators: dict[str, Path], demo_sentences: Sentences
) -> None:
    def load() -> IndicTrans2:
        return IndicTrans2.load(
            demo_translators["indic-en"], "cpu", "float32", cache=tmp_path / "cache.sqlite"
        )

    lines = [row[0] for row in demo_sentences]
    stopped = load()
    search = stopped.generator.search
    batches: list[int] = []

    def twice(batch: Any, *how: Any) -> Any:
        batches.append(len(batch))
        if len(batches) == 3:
            raise KeyboardInterrupt
        return search(batch, *how)

    stopped.generator.search = twice  # type: ignore[method-assign]
    with pytest.raises(KeyboardInterrupt):
        translate_lines(stopped, lines, "hin_Deva", "eng_Latn", batch_tokens=60)
    goes_on = load()
    asked: list[int] = []
    search = goes_on.generator.search
    goes_on.generator.search = lambda batch, *how: asked.append(len(batch)) or search(batch, *how)  # type: ignore[method-assign]
    found = translate_lines(goes_on, lines, "hin_Deva", "eng_Latn", batch_tokens=60)
    assert [one.text for one in found] == [row[1] for row in demo_sentences]
    assert sum(asked) == len(lines) - batches[0] - batches[1]


def test_a_damaged_cache_is_replaced(tmp_path: Path, demo_translators: dict[str, Path]) -> None:
    (tmp_path / "cache.sqlite").write_bytes(b"no database" * 1000)
    for _ in range(2):
        translator = IndicTrans2.load(
            demo_translators["indic-en"], "cpu", "float32", cache=tmp_path / "cache.sqlite"
        )
        assert translated(translator, ["दरवाज़ा बंद कर दो।"]) == ["Close the door."]
    assert translator._generator is None


def test_where_the_memory_is_full_the_batch_halves(
    demo_translators: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [f"घर में {count} लोग हैं।" for count in ("दो", "तीन", "चार", "पाँच")]
    plenty = IndicTrans2.load(demo_translators["indic-en"], "cpu", "float32")
    small = IndicTrans2.load(demo_translators["indic-en"], "cpu", "float32")
    search = small.generator.search
    sizes: list[int] = []

    def full(batch: Sequence[Sequence[int]], *how: int) -> list[list[Hypothesis]]:
        sizes.append(len(batch))
        if len(batch) > 1:
            raise MemoryError
        return search(batch, *how)

    monkeypatch.setattr(small.generator, "search", full)
    found = translate_lines(small, lines, "hin_Deva", "eng_Latn")
    assert [line.text for line in found] == [
        line.text for line in translate_lines(plenty, lines, "hin_Deva", "eng_Latn")
    ]
    assert sizes[0] == len(lines)


@pytest.mark.parametrize("lives", range(5))
def test_a_killed_translation_goes_on_with_the_same_batches(
    lives: int,
    tmp_path: Path,
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines = [row[0] for row in demo_sentences]
    resumed: list[bool] = []

    def translate(name: str, lives: int, free_bytes: int) -> tuple[list[Any], list[Any]]:
        """The attempts, and the batches that were searched."""
        folder = tmp_path / name
        folder.mkdir(exist_ok=True)
        engine = IndicTrans2.load(
            demo_translators["indic-en"],
            "cpu",
            "float32",
            cache=folder / "cache.sqlite",
            checkpoint=StageCheckpoint(folder / "c", "d", lambda: resumed.append(True)),
        )
        batches: list[Any] = []
        search = engine.generator.search

        def killed(batch: Sequence[Sequence[int]], *how: int) -> list[list[Hypothesis]]:
            if len(batches) == lives:
                raise KeyboardInterrupt
            batches.append(list(batch))
            return search(batch, *how)

        monkeypatch.setattr(engine.generator, "search", killed)
        monkeypatch.setattr(engine.generator, "free_bytes", lambda: free_bytes)
        try:
            return translate_lines(engine, lines, "hin_Deva", "eng_Latn", hypotheses=5), batches
        except KeyboardInterrupt:
            return [], batches

    expected, whole = translate("undisturbed", 1000, 3_000_000)
    assert len(whole) > 5
    _, before = translate("killed", lives, 3_000_000)
    found, after = translate("killed", 1000, 300_000)  # less memory would make other batches
    assert found == expected
    assert before + after == whole
    assert resumed == [True]
