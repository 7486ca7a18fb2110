"""Stage asr by IndicConformer, with random weights: the text is that of the model, with sentence
ends, and its words have the film's times."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import onnxruntime
import pytest
from engine_checks import check_a_prepared_model_is_loaded_once
from recognisers import artifact, spans, write_wav
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest, AsrResult
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, Timing, Transcript
from indicsubs_indicconformer import asr
from indicsubs_indicconformer.indic_conformer import IndicConformer

NOISE = np.random.default_rng(0).integers(-3000, 3000, 40 * 16_000).astype("<i2")
SPEECH = ((1000, 3000), (6000, 9000), (20_000, 30_000))
Recognise = Callable[..., tuple[AsrResult, tuple[Segment, ...]]]


@pytest.fixture
def recognise(tmp_path: Path) -> Recognise:
    """Runs the stage on noise with the given speech regions (ms)."""

    def run(
        folder: Path, *regions: tuple[int, int], **options: object
    ) -> tuple[AsrResult, tuple[Segment, ...]]:
        job = tmp_path / "job"
        context = stage_context(StageName.ASR, job)
        write_wav(job / "audio.wav", NOISE.tobytes())
        speech = Speech(regions=spans(*regions))
        (job / "speech.json").write_bytes(msgspec.json.encode(speech))
        defaults = {
            "audio": artifact("audio.wav"),
            "speech": artifact("speech.json"),
            "audio_start_ms": 0,
            "model": ModelFolder(name="test", folder=str(folder), fingerprint=""),
            "device": "cpu",
            "compute_type": "float32",
            "languages": ENGINES["indicconformer"].languages,
            "language": "hi",
        }
        result = asr.run(AsrRequest(**{**defaults, **options}), context)
        data = (job / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run


def sound(start_ms: int, end_ms: int) -> bytes:
    return NOISE[16 * start_ms : 16 * end_ms].tobytes()


def without_marks(text: str) -> str:
    return text.translate(dict.fromkeys(map(ord, "।.?؟۔")))


@pytest.mark.parametrize("decoding", ["ctc", "rnnt"])
@pytest.mark.parametrize("batch_size", [1, 2, 8])
def test_one_segment_a_chunk(
    batch_size: int, decoding: str, official: Path, model: IndicConformer, recognise: Recognise
) -> None:
    result, segments = recognise(
        official, *SPEECH, batch_size=batch_size, decoding=decoding, audio_start_ms=500
    )
    assert result.language == "hi"
    assert [(s.start_ms, s.end_ms) for s in segments] == [(a + 500, z + 500) for a, z in SPEECH]
    for segment, (start_ms, end_ms) in zip(segments, SPEECH, strict=True):
        (decoded,) = model.decode([sound(start_ms, end_ms)], "hi", decoding)
        assert without_marks(segment.text) == decoded.text
        assert segment.text.endswith(("।", "?"))


def test_words_have_the_films_times(
    official: Path, model: IndicConformer, recognise: Recognise
) -> None:
    _, (segment,) = recognise(official, (6000, 9000), audio_start_ms=500)
    (decoded,) = model.decode([sound(6000, 9000)], "hi", "ctc")
    assert segment.timing is Timing.RECOGNISER
    assert [(w.start_ms, w.end_ms) for w in segment.words] == [
        (w.start_ms + 6500, w.end_ms + 6500) for w in decoded.words
    ]
    assert " ".join(word.text for word in segment.words) == segment.text


@pytest.mark.parametrize(
    ("language", "full_stop"), [("hi", "।"), ("gom", "."), ("ta", "."), ("sd", "۔")]
)
def test_each_language_has_its_code_script_and_full_stop(
    language: str,
    full_stop: str,
    official: Path,
    model: IndicConformer,
    recognise: Recognise,
) -> None:
    result, (segment,) = recognise(official, (0, 5000), language=language)
    assert result.language == language
    code = {"gom": "kok"}.get(language, language)
    (decoded,) = model.decode([sound(0, 5000)], code, "ctc")
    assert without_marks(segment.text) == decoded.text
    assert segment.text[-1] in {full_stop, "?", "؟"}


def test_the_models_script_decides_the_tag_and_the_full_stop(
    official: Path, tmp_path: Path, recognise: Recognise
) -> None:
    """Sindhi is written in two scripts; nobody here knows which one the official model writes."""
    folder = shutil.copytree(official, tmp_path / "changed")
    path = folder / "assets" / "vocab.json"
    vocabulary = json.loads(path.read_text())
    path.write_text(json.dumps({**vocabulary, "sd": vocabulary["hi"]}))
    result, (segment,) = recognise(folder, (0, 5000), language="sd")
    assert result.language == "sd-Deva"
    assert segment.text.endswith("।")


def test_the_smaller_model(small: Path, recognise: Recognise) -> None:
    result, segments = recognise(small, *SPEECH)
    assert result.segments == len(segments) == 3


def test_the_smaller_model_has_no_transducer(small: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match=r"no transducer.*--decoding ctc") as caught:
        recognise(small, *SPEECH, decoding="rnnt")
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_blanks_are_left_out(make_folder: Callable[..., Path], recognise: Recognise) -> None:
    result, segments = recognise(make_folder(blank_bias=60.0), *SPEECH)
    assert segments == ()
    assert "3 stretches of sound gave no words" in result.warnings[0]


def test_speech_after_the_end_of_the_audio(official: Path, recognise: Recognise) -> None:
    _, segments = recognise(official, (1000, 3000), (50_000, 51_000))
    assert segments[0].start_ms == 1000


def test_the_model_that_was_prepared_is_not_loaded_again(
    official: Path, recognise: Recognise, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_prepared_model_is_loaded_once(
        monkeypatch, asr, "open_model", official, lambda folder: recognise(folder, *SPEECH)
    )


def test_no_speech_is_an_empty_transcript(tmp_path: Path, recognise: Recognise) -> None:
    result, segments = recognise(tmp_path / "no model is needed")
    assert segments == ()
    assert result.warnings == ("No speech was found; the transcript is empty.",)


def test_a_language_that_the_loaded_model_lacks(official: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match="test does not know Assamese"):
        recognise(official, *SPEECH, language="as")


def test_english_is_no_language_of_indicconformer(official: Path, recognise: Recognise) -> None:
    with pytest.raises(IndicsubsError, match="does not know English"):
        recognise(official, *SPEECH, language="en")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"device": "mps"}, "Apple's GPU. Give --device cpu"),
        ({"compute_type": "int8"}, "computes in float32, not in int8"),
        pytest.param(
            {"device": "cuda"},
            "has no CUDA. Give --device cpu",
            marks=pytest.mark.skipif(
                "CUDAExecutionProvider" in onnxruntime.get_available_providers(),
                reason="this environment has it",
            ),
        ),
    ],
)
def test_devices(
    options: dict[str, str], message: str, official: Path, recognise: Recognise
) -> None:
    with pytest.raises(IndicsubsError, match=message) as caught:
        recognise(official, *SPEECH, **options)
    assert caught.value.code is FailureCode.DEVICE


@pytest.mark.filterwarnings("ignore:Specified provider")
def test_cuda_that_cannot_be_used_is_no_silent_cpu(
    official: Path, recognise: Recognise, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ONNX Runtime goes on with the CPU where CUDA's libraries do not load."""
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: ["CUDAExecutionProvider"])
    with pytest.raises(IndicsubsError, match="could not use CUDA") as caught:
        recognise(official, *SPEECH, device="cuda")
    assert caught.value.code is FailureCode.DEVICE


@pytest.mark.parametrize(
    "name",
    [
        "config.json",
        "assets/vocab.json",
        "assets/language_masks.json",
        "assets/encoder.onnx",
        "assets/ctc_decoder.onnx",
    ],
)
def test_a_file_of_the_model_is_missing(
    name: str, official: Path, recognise: Recognise, tmp_path: Path
) -> None:
    folder = shutil.copytree(official, tmp_path / "copied")
    (folder / name).unlink()
    with pytest.raises(IndicsubsError, match=f"lacks {name}") as caught:
        recognise(folder, *SPEECH)
    assert caught.value.code is FailureCode.MISSING_MODEL
