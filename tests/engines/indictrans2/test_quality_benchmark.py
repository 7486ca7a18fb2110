"""The measure of quality, on data folders made of the demo's sentences."""

import re
from pathlib import Path

import pytest
from conftest import DEMO_COLUMNS, DEMO_PAIRS

from benchmarks.quality import find_model, main, read_data, score

Sentences = list[tuple[str, str, str]]

LAYOUTS = {
    "IN22": "test.{language}",
    "FLORES-200": "devtest/{language}.devtest",
    "pair": "eng_Latn-hin_Deva/test.{language}",
}


def write_data(folder: Path, sentences: Sentences, layout: str) -> Path:
    for language, column in DEMO_COLUMNS.items():
        path = folder / layout.format(language=language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(f"{row[column]}\n" for row in sentences), encoding="utf-8")
    return folder


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize(("direction", "source", "target"), DEMO_PAIRS)
def test_what_is_right_scores_100_with_both_engines(
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    direction: str,
    source: str,
    target: str,
) -> None:
    data = write_data(tmp_path / "data", demo_sentences, LAYOUTS["IN22"])
    main(
        [
            *("--model", str(demo_translators[direction]), "--data", str(data)),
            *("--source", source, "--target", target),
            *("--engine", "torch", "ctranslate2", "--compute-type", "float32", "int8"),
        ]
    )
    printed = capsys.readouterr().out
    rows = re.findall(
        r"\| (\w+ \w+) \| ([\d.]+) \| (\d+) \| [\d.]+ \| (\S+) \(([\d.]+%)\) \|", printed
    )
    assert rows == [
        ("torch float32", "100.0", "24", "24/24", "100.0%"),
        ("ctranslate2 int8", "100.0", "24", "24/24", "100.0%"),
    ]
    assert "|nc:6|nw:2|" in printed, "character 6-grams and word bigrams: chrF++"
    assert "torch 2." in printed


def test_a_wrong_reference_costs(
    demo_translators: dict[str, Path],
    demo_sentences: Sentences,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [*demo_sentences[:-6], *((hi, en[::-1], ta) for hi, en, ta in demo_sentences[-6:])]
    data = write_data(tmp_path / "data", rows, LAYOUTS["FLORES-200"])
    model = str(demo_translators["indic-en"])
    languages = ("--source", "hin_Deva", "--target", "eng_Latn")
    for lines in ("18", "24"):
        main(["--model", model, "--data", str(data), *languages, "--lines", lines])
    right, worse = map(float, re.findall(r"float32 \| ([\d.]+)", capsys.readouterr().out))
    assert right == 100
    assert 60 < worse < 95


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
def test_published_layouts_are_read(demo_sentences: Sentences, tmp_path: Path, layout: str) -> None:
    data = write_data(tmp_path, demo_sentences, layout)
    source_texts, wanted = read_data(data, "hin_Deva", "eng_Latn")
    assert list(zip(source_texts, wanted, strict=True)) == [row[:2] for row in demo_sentences]
    assert read_data(data, "eng_Latn", "hin_Deva") == (wanted, source_texts)


def test_data_that_is_not_parallel_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"no files of hin_Deva and eng_Latn; looked for test\."):
        read_data(tmp_path, "hin_Deva", "eng_Latn")
    (tmp_path / "test.hin_Deva").write_text("एक\nदो\n", encoding="utf-8")
    (tmp_path / "test.eng_Latn").write_text("one\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"test.hin_Deva has 2 lines and .*test.eng_Latn 1"):
        read_data(tmp_path, "hin_Deva", "eng_Latn")
    (tmp_path / "test.eng_Latn").write_text("one\n\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"Line 2 of .*eng_Latn is empty"):
        read_data(tmp_path, "hin_Deva", "eng_Latn")


def test_indian_languages_are_scored_after_normalisation_and_english_is_not() -> None:
    assert score(["वह गया|"], ["वह गया।"], "hin_Deva")[0] == 100, "a pipe is a danda"
    assert score(["It’s me."], ["It's me."], "eng_Latn")[0] < 100


def test_a_line_without_a_translation_counts_as_wrong() -> None:
    wanted = ["दरवाज़ा बंद कर दो।", "मुझे अकेला छोड़ दो।"]
    assert score(wanted, wanted, "hin_Deva")[0] == 100
    assert score([wanted[0], ""], wanted, "hin_Deva")[0] < 80


def test_a_model_that_is_nowhere_comes_with_the_command_that_fetches_it() -> None:
    for name in ("nobody/no-such-model", "/no/such/folder"):
        with pytest.raises(ValueError, match=f"just models fetch {name}"):
            find_model(name)


def test_each_engine_has_a_compute_type(capsys: pytest.CaptureFixture[str]) -> None:
    engines = ("--engine", "torch", "ctranslate2", "torch", "--compute-type", "float32", "int8")
    with pytest.raises(SystemExit):
        main(["--model", "m", "--data", "d", "--source", "a", "--target", "b", *engines])
    assert "one for each --engine" in capsys.readouterr().err
