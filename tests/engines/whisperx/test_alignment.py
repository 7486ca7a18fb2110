"""Stage alignment with a small aligner of random weights: structure, and text that is never lost.

The end-to-end tests check the times, with the demo film and an aligner that knows its language.
"""

import json
import subprocess
import sys
import warnings
import wave
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from unittest.mock import Mock

import msgspec
import numpy as np
import pytest
import torch
from films import Job, voice
from torch.nn.attention import SDPBackend, sdpa_kernel

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.alignment import AlignmentRequest, AlignmentResult
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_contract.messages.files import Artifact, ModelFolder
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Timing, Transcript
from indicsubs_recognition.align import AlignmentEngine
from indicsubs_recognition.ctc_path import best_path
from indicsubs_recognition.spelling import read_vocabulary, spell_words
from indicsubs_whisperx import alignment, torch_aligner
from indicsubs_whisperx.onnx_aligner import OnnxAligner
from indicsubs_whisperx.torch_aligner import TorchAligner
from indicsubs_whisperx.wav2vec2 import AlignerFiles

LETTERS = "अआकखगतदनपबमयरलवसह ािीेो्ं".replace(" ", "")
VOCABULARY = {c: k for k, c in enumerate(["<pad>", "<s>", "</s>", "<unk>", "|", *LETTERS])}


@pytest.fixture(scope="session")
def aligner(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Wav2Vec2ForCTC with 20 ms frames, in Hugging Face's layout."""
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("aligner")
    Wav2Vec2ForCTC(
        Wav2Vec2Config(
            vocab_size=len(VOCABULARY),
            hidden_size=16,
            num_hidden_layers=1,
            num_attention_heads=2,
            intermediate_size=16,
            conv_dim=(8, 8, 8),
            conv_kernel=(10, 8, 4),
            conv_stride=(5, 16, 4),
            num_feat_extract_layers=3,
            num_conv_pos_embeddings=8,
            num_conv_pos_embedding_groups=2,
            feat_extract_norm="layer",
            do_stable_layer_norm=True,
            pad_token_id=0,
        )
    ).save_pretrained(folder)
    (folder / "vocab.json").write_text(json.dumps(VOCABULARY))
    return folder


Align = Callable[..., tuple[AlignmentResult, tuple[Segment, ...]]]


@pytest.fixture
def align(job: Callable[[StageName], Job]) -> Align:
    """Runs the stage on 20 s of sound whose first sample lies at 500 ms of the film's clock."""

    def run(
        model: Path | None,
        *segments: Segment,
        batch_size: int = 4,
        compute_type: ComputeType = "float32",
    ) -> tuple[AlignmentResult, tuple[Segment, ...]]:
        current = job(StageName.ALIGNMENT)
        with wave.open(str(current.folder / "audio.wav"), "wb") as file:
            file.setparams((1, 2, 16_000, 0, "NONE", ""))
            file.writeframes((voice(20, 16_000) * 32767).astype("<i2").tobytes())
        transcript = Transcript(language="hi", segments=segments)
        (current.folder / "in.json").write_bytes(msgspec.json.encode(transcript))
        result = alignment.run(
            AlignmentRequest(
                audio=artifact("audio.wav"),
                audio_start_ms=500,
                transcript=artifact("in.json"),
                model=model and ModelFolder(name="test", folder=str(model), fingerprint=""),
                engine="wav2vec2",
                device="cpu",
                batch_size=batch_size,
                compute_type=compute_type,
            ),
            current.context,
        )
        data = (current.folder / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run


def artifact(name: str) -> Artifact:
    return Artifact(path=name, kind="test", sha256="", bytes=0)


def spoken(start_ms: int, end_ms: int, text: str, note: str | None = None) -> Segment:
    return Segment(start_ms=start_ms, end_ms=end_ms, text=text, confidence=0.9, note=note)


def counts(result: AlignmentResult) -> dict[str, int]:
    return {count.method: count.sentences for count in result.timings}


TEXT = "मैं कल आ रहा हूँ । तुम 5 बजे आना, Rahul! वह भी"


@pytest.fixture
def any_score_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every score is enough: random weights score badly."""
    monkeypatch.setattr("indicsubs_recognition.align.LEAST_SCORE", 0.0)


@pytest.mark.usefixtures("any_score_is_enough")
def test_sentences_with_timed_words(aligner: Path, align: Align) -> None:
    result, segments = align(aligner, spoken(2500, 9500, TEXT), spoken(10_000, 14_000, "दो बात"))
    assert [segment.text for segment in segments] == [
        "मैं कल आ रहा हूँ ।",
        "तुम 5 बजे आना, Rahul!",
        "वह भी",
        "दो बात",
    ]
    assert (counts(result), result.warnings) == ({"wav2vec2": 4}, ())
    words = [word for segment in segments for word in segment.words]
    assert " ".join(word.text for word in words) == TEXT + " दो बात"
    assert words[4].text == "हूँ ।"
    for one, two in pairwise(words):
        assert 2500 <= one.start_ms < one.end_ms <= two.start_ms <= two.end_ms <= 14_000
    for segment in segments:
        assert segment.timing is Timing.ALIGNED
        assert (segment.start_ms, segment.end_ms) == (
            segment.words[0].start_ms,
            segment.words[-1].end_ms,
        )
        assert segment.confidence == 0.9
        assert segment.note is None
    by_text = {word.text: word.score for word in words}
    assert by_text["5"] is None  # the aligner does not know the digit
    assert 0 < (by_text["तुम"] or 0) < 1


@pytest.mark.usefixtures("any_score_is_enough")
def test_earlier_notes_are_kept(aligner: Path, align: Align) -> None:
    _, segments = align(aligner, spoken(1000, 5000, "कल। आना।", note="the recogniser was unsure"))
    assert [segment.note for segment in segments] == ["the recogniser was unsure"] * 2


@pytest.mark.parametrize(
    ("segment", "reason"),
    [
        (spoken(1000, 1060, "कल आना। " * 3), "too short"),
        (spoken(1000, 1010, "कल"), "too short"),
        (spoken(60_000, 62_000, "कल आना"), "too short"),
        (spoken(1000, 4000, "Hello 123!"), "knows none of its letters"),
        (spoken(1000, 4000, "— …"), "knows none of its letters"),
        (spoken(1000, 4000, "कल आना"), r"fits the sound badly (0.0"),
    ],
)
def test_a_segment_that_cannot_be_aligned_keeps_its_times(
    segment: Segment, reason: str, aligner: Path, align: Align
) -> None:
    result, segments = align(aligner, segment)
    assert counts(result) == {"characters": len(segments)}
    assert " ".join(s.text for s in segments) == " ".join(segment.text.split())
    assert (segments[0].start_ms, segments[-1].end_ms) == (segment.start_ms, segment.end_ms)
    assert all(s.timing is Timing.ASR and s.words == () for s in segments)
    assert all(reason in (s.note or "") for s in segments)
    assert "have no word times" in result.warnings[0]


def test_without_an_aligner(align: Align) -> None:
    result, segments = align(None, spoken(1000, 5000, "मैं आया। तुम गया।", note="doubtful"))
    assert [(s.start_ms, s.end_ms, s.text) for s in segments] == [
        (1000, 3000, "मैं आया।"),
        (3000, 5000, "तुम गया।"),
    ]
    assert {s.note for s in segments} == {"doubtful; its words have no times of their own"}
    assert counts(result) == {"characters": 2}
    assert "have no word times" in result.warnings[0]


def test_an_empty_transcript(tmp_path: Path, align: Align) -> None:
    result, segments = align(tmp_path)
    assert (segments, result.timings) == ((), ())


def copied(aligner: Path, folder: Path, without: str = "") -> Path:
    for path in aligner.iterdir():
        if path.name != without:
            (folder / path.name).write_bytes(path.read_bytes())
    return folder


@pytest.mark.parametrize("name", ["config.json", "vocab.json", "model.safetensors"])
def test_a_file_of_the_model_is_missing(
    name: str, aligner: Path, align: Align, tmp_path: Path
) -> None:
    with pytest.raises(IndicsubsError, match=f"lacks {name}") as caught:
        align(copied(aligner, tmp_path, without=name), spoken(1000, 5000, "कल"))
    assert caught.value.code is FailureCode.MISSING_MODEL


def test_a_model_that_is_not_an_aligner(aligner: Path, align: Align, tmp_path: Path) -> None:
    from safetensors.numpy import load_file, save_file

    path = copied(aligner, tmp_path) / "model.safetensors"
    weights = {k: v for k, v in load_file(path).items() if not k.startswith("lm_head")}
    save_file(weights, path, metadata={"format": "pt"})
    with pytest.raises(IndicsubsError, match="is not an aligner"):
        align(tmp_path, spoken(1000, 5000, "कल"))


def test_a_vocabulary_of_many_languages(aligner: Path, align: Align, tmp_path: Path) -> None:
    copied(aligner, tmp_path)
    (tmp_path / "vocab.json").write_text(json.dumps({"hin": VOCABULARY}))
    with pytest.raises(IndicsubsError, match="many languages"):
        align(tmp_path, spoken(1000, 5000, "कल"))


Load = Callable[[Device, ComputeType], AlignmentEngine]


@pytest.fixture
def load(aligner: Path) -> Load:
    """Loads the aligner as the stage does, by ONNX Runtime or by torch."""

    def run(device: Device, compute_type: ComputeType) -> AlignmentEngine:
        model = ModelFolder(name="test", folder=str(aligner), fingerprint="")
        return alignment.load_aligner(model, device, compute_type)

    return run


def test_an_absent_device(load: Load) -> None:
    with pytest.raises(IndicsubsError, match="The device mps was not found") as caught:
        load("mps", "float32")
    assert caught.value.code is FailureCode.DEVICE


@pytest.mark.parametrize(("device", "stays"), [("cpu", True), ("cuda", False)])
def test_no_attention_is_planned_for_each_length_on_a_gpu(
    aligner: Path, monkeypatch: pytest.MonkeyPatch, device: Device, stays: bool
) -> None:
    """This machine may lack the device, so it is neither checked nor used."""
    monkeypatch.setattr(torch_aligner, "_check_device", lambda _: None)
    monkeypatch.setattr(torch_aligner, "load_network", lambda *_: Mock())
    with sdpa_kernel(SDPBackend.CUDNN_ATTENTION):  # restores all that it finds
        model = ModelFolder(name="test", folder=str(aligner), fingerprint="")
        TorchAligner(AlignerFiles(model), device, "float16")
        assert torch.backends.cuda.cudnn_sdp_enabled() is stays


@pytest.mark.parametrize("compute_type", ["float32", "bfloat16"])
@pytest.mark.parametrize(
    ("samples", "frames"), [(285, 1), (604, 1), (605, 2), (606, 2), (16_000, 50)]
)
def test_frames_are_counted_as_the_network_computes_them(
    samples: int, frames: int, compute_type: ComputeType, load: Load
) -> None:
    loaded = load("cpu", compute_type)
    assert (loaded.frame_ms, loaded.least_samples) == (20, 285)
    (scores,) = loaded.emissions([np.zeros(samples, "<i2").tobytes()])
    assert scores.shape == (frames, len(VOCABULARY))


@pytest.mark.parametrize("compute_type", ["float32", "bfloat16", "int8"])
def test_a_batch_gives_what_its_chunks_give_alone(compute_type: ComputeType, load: Load) -> None:
    loaded = load("cpu", compute_type)
    chunks = speech_of(16_000, 48_000, 5_000)
    together = loaded.emissions(chunks)
    for chunk, scores in zip(chunks, together, strict=True):
        (alone,) = loaded.emissions([chunk])
        assert scores.shape == alone.shape
        np.testing.assert_allclose(scores, alone, atol=0.1 if compute_type == "bfloat16" else 1e-4)
        np.testing.assert_allclose(np.exp(scores).sum(1), 1, atol=1e-3)


def speech_of(*lengths: int) -> list[bytes]:
    sound = (voice(3, 16_000) * 32767).astype("<i2").tobytes()
    return [sound[: 2 * samples] for samples in lengths]


@pytest.mark.parametrize(("compute_type", "tolerance"), [("float32", 1e-4), ("int8", 0.05)])
@pytest.mark.parametrize("norm", ["layer", "group"])
def test_both_engines_give_the_same_scores(
    compute_type: ComputeType,
    tolerance: float,
    norm: str,
    aligner: Path,
    tmp_path: Path,
) -> None:
    """``group`` is the layout of facebook/wav2vec2-base-960h, the aligner of English."""
    from transformers import Wav2Vec2Config, Wav2Vec2ForCTC

    copied(aligner, tmp_path)
    config = Wav2Vec2Config.from_pretrained(tmp_path)
    config.feat_extract_norm = norm
    config.conv_bias = norm == "layer"
    config.do_stable_layer_norm = norm == "layer"
    Wav2Vec2ForCTC(config).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(
        json.dumps({"do_normalize": norm == "group"})
    )
    model = ModelFolder(name="test", folder=str(tmp_path), fingerprint="")
    files = AlignerFiles(model)
    chunks = speech_of(16_000, 48_000)
    by_torch = TorchAligner(files, "cpu", "float32").emissions(chunks)
    by_onnx = OnnxAligner(files, model, compute_type).emissions(chunks)
    for one, other in zip(by_torch, by_onnx, strict=True):
        np.testing.assert_allclose(one, other, atol=tolerance)


def test_an_aligner_is_converted_once_for_each_number_format(
    aligner: Path, align: Align, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    for compute_type in ("int8", "float32", "int8"):
        align(aligner, spoken(1000, 5000, "कल आना"), compute_type=compute_type)
    made = sorted(path.relative_to(tmp_path).parts for path in tmp_path.rglob("*.onnx"))
    assert [(kind, file) for _, kind, _, file in made] == [
        ("wav2vec2-onnx-float32", "aligner.onnx"),
        ("wav2vec2-onnx-int8", "aligner.onnx"),
    ]


def test_the_cpu_needs_no_torch_once_an_aligner_is_converted(aligner: Path, align: Align) -> None:
    align(aligner, spoken(1000, 5000, "कल आना"), compute_type="int8")
    code = (
        "import sys; from indicsubs_whisperx import alignment, onnx_aligner, wav2vec2;"
        "print(*sorted({'torch', 'transformers', 'onnx'} & set(sys.modules)))"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert found.stdout.split() == []


def test_the_path_is_torchaudio_s(aligner: Path) -> None:
    """torchaudio's forced alignment is an independent implementation; torchaudio 2.9 removes it."""
    import torch
    from torchaudio.functional import forced_align, merge_tokens

    known = read_vocabulary(VOCABULARY, "|", blank=0, columns=len(VOCABULARY))
    random = np.random.default_rng(0)
    for frames, text in ((40, "कल आना"), (300, "मैं कल आ रहा हूँ दो बात"), (900, "कककक " * 20)):
        logits = torch.tensor(random.normal(0, 3, (frames, len(VOCABULARY))), dtype=torch.float32)
        scores = logits.log_softmax(-1)
        words = spell_words(text, known)
        ours = best_path(scores.numpy(), words, known) or []
        targets = [
            column
            for word in words
            for column in (*(piece.column for piece in word.pieces), VOCABULARY["|"])
        ]
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the deprecation
            path, probabilities = forced_align(
                scores[None], torch.tensor([targets], dtype=torch.int32), blank=0
            )
        theirs = merge_tokens(path[0], probabilities[0].exp(), blank=0)
        assert [(s.column, s.start, s.end) for w in ours for s in (*w.pieces, w.delimiter)] == [
            (s.token, s.start, s.end) for s in theirs
        ]
