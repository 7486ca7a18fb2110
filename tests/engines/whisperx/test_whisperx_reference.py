"""WhisperX's own recognition and alignment of the same audio, as a reference for ours."""

import json
import time
import wave
from pathlib import Path

import numpy as np
import pytest
from stage_context import stage_context

from indicsubs_contract.documents import read_document
from indicsubs_contract.engines import ENGINES
from indicsubs_contract.messages.alignment import AlignmentRequest
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.demux import DemuxRequest
from indicsubs_contract.messages.files import ModelFolder, SourceFile
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Speech, SpeechRegion, Transcript
from indicsubs_recognition.chunks import make_chunks
from indicsubs_whisperx import alignment, asr, demux

ROOT = Path(__file__).parents[3]
MODELS = ROOT / "models" / "demo"
CHUNK_MS = 12_000


def model(name: str) -> ModelFolder:
    return ModelFolder(name=name, folder=str(MODELS / name), fingerprint="")


def run(module, stage: StageName, request, job: Path):
    return module.run(request, stage_context(stage, job, stage))


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Our stages on the demo clip: audio, chunks, transcript of asr, aligned transcript, start."""
    job = tmp_path_factory.mktemp("job")
    source = SourceFile(path=str(ROOT / "demo" / "clip.mp4"), fingerprint="")
    dialogue = run(demux, StageName.DEMUX, DemuxRequest(source=source), job)
    began = time.process_time()
    recognised = run(
        asr,
        StageName.ASR,
        AsrRequest(
            audio=dialogue.audio,
            speech=dialogue.speech,
            audio_start_ms=dialogue.audio_start_ms,
            model=model("recogniser-ctranslate2"),
            device="cpu",
            compute_type="float32",
            languages=ENGINES["whisperx"].languages,
            language="hi",
        ),
        job,
    )
    print(f"\nasr: {time.process_time() - began:.1f} CPU-seconds with imports")
    aligned = run(
        alignment,
        StageName.ALIGNMENT,
        AlignmentRequest(
            audio=dialogue.audio,
            audio_start_ms=dialogue.audio_start_ms,
            transcript=recognised.transcript,
            model=model("aligner-hi"),
            engine="wav2vec2",
            device="cpu",
        ),
        job,
    )
    with wave.open(str(job / dialogue.audio.path)) as file:
        audio = np.frombuffer(file.readframes(file.getnframes()), np.int16) / np.float32(32768)
    regions = read_document((job / dialogue.speech.path).read_bytes(), Speech, "speech").regions
    texts, words = (
        read_document((job / r.transcript.path).read_bytes(), Transcript, "transcript")
        for r in (recognised, aligned)
    )
    return audio, make_chunks(regions, CHUNK_MS), texts, words, dialogue.audio_start_ms


def test_recognition_is_whisperx_s_own(clip) -> None:
    audio, chunks, texts, _, start_ms = clip
    began = time.process_time()
    import whisperx
    from whisperx.diarize import Segment as Region
    from whisperx.vads import Vad

    class OurRegions(Vad):
        """The same chunks, so that the same audio is dialogue."""

        def __init__(self) -> None:
            pass

        @staticmethod
        def preprocess_audio(audio):
            return audio

        def __call__(self, audio, **_):
            return [Region(c.start_ms / 1000, c.end_ms / 1000, "SPEAKER") for c in chunks]

        @staticmethod
        def merge_chunks(regions, chunk_size, onset, offset):
            return [
                {"start": r.start, "end": r.end, "segments": [(r.start, r.end)]} for r in regions
            ]

    reference = whisperx.load_model(
        str(MODELS / "recogniser-ctranslate2"),
        device="cpu",
        compute_type="float32",
        language="hi",
        vad_model=OurRegions(),
    )
    segments = reference.transcribe(audio.astype(np.float32), batch_size=8)["segments"]
    print(f"\nwhisperx: {time.process_time() - began:.1f} CPU-seconds with imports")
    assert [s["text"].strip() for s in segments] == [s.text for s in texts.segments]
    assert [round(1000 * s["start"]) + start_ms for s in segments] == pytest.approx(
        [s.start_ms for s in texts.segments], abs=2
    )


def test_alignment_starts_words_where_whisperx_does_or_closer_to_the_truth(
    clip, monkeypatch
) -> None:
    audio, _, texts, words, start_ms = clip
    import whisperx
    import whisperx.alignment

    class OneSentence:
        """Replaces WhisperX's sentence splitter, which needs a download; a chunk is a sentence."""

        def span_tokenize(self, text):
            return [(0, len(text))]

    monkeypatch.setattr(whisperx.alignment, "nltk_load", lambda *_: OneSentence(), raising=False)
    aligner, metadata = whisperx.load_align_model(
        "hi", "cpu", model_name=str(MODELS / "aligner-hi")
    )
    segments = [
        {
            "start": (s.start_ms - start_ms) / 1000,
            "end": (s.end_ms - start_ms) / 1000,
            "text": s.text,
        }
        for s in texts.segments
    ]
    theirs = whisperx.align(segments, aligner, metadata, audio.astype(np.float32), "cpu")
    theirs = [w for w in theirs["word_segments"] if "start" in w]
    ours = [word for segment in words.segments for word in segment.words]
    truth = json.loads((ROOT / "demo" / "clip.json").read_text())
    true = [word["start_ms"] for line in truth["lines"] for word in line["words"]]
    assert len(ours) == len(theirs) == len(true)
    our_error = np.mean([abs(w.start_ms - t) for w, t in zip(ours, true, strict=True)])
    their_error = np.mean(
        [abs(1000 * w["start"] + start_ms - t) for w, t in zip(theirs, true, strict=True)]
    )
    print(f"\nword starts off by: ours {our_error:.1f} ms, whisperx {their_error:.1f} ms")
    assert our_error <= their_error + 5


def test_the_chunks_are_those_of_the_pipeline(clip) -> None:
    _, chunks, texts, _, start_ms = clip
    assert all(isinstance(c, SpeechRegion) for c in chunks)
    assert [s.start_ms - start_ms for s in texts.segments] == [c.start_ms for c in chunks]
