"""Stage witness by IndicConformer, with random weights: it hears the segments and the gaps."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from recognisers import artifact, spans, write_wav
from stage_context import stage_context

from indicsubs_contract.engines import ENGINES
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_contract.messages.witness import WitnessRequest, WitnessResult
from indicsubs_contract.stages import StageName
from indicsubs_contract.transcript import Segment, Speech, Transcript
from indicsubs_indicconformer import witness
from indicsubs_indicconformer.indic_conformer import IndicConformer
from indicsubs_recognition.chunk_decoding import OUTSIDE_SPEECH

NOISE = np.random.default_rng(0).integers(-3000, 3000, 8 * 16_000).astype("<i2")
Hear = Callable[..., tuple[WitnessResult, tuple[Segment, ...]]]


@pytest.fixture
def hear(tmp_path: Path, official: Path) -> Hear:
    """Runs the stage on 8 s of noise with speech at 2 to 5 s."""

    def run(*segments: Segment, scope: str = "all") -> tuple[WitnessResult, tuple[Segment, ...]]:
        job = tmp_path / "job"
        context = stage_context(StageName.WITNESS, job)
        write_wav(job / "audio.wav", NOISE.tobytes())
        speech = Speech(regions=spans((2000, 5000)))
        (job / "speech.json").write_bytes(msgspec.json.encode(speech))
        heard = Transcript(language="hi", segments=segments)
        (job / "heard.json").write_bytes(msgspec.json.encode(heard))
        request = WitnessRequest(
            audio=artifact("audio.wav"),
            speech=artifact("speech.json"),
            audio_start_ms=0,
            transcript=artifact("heard.json"),
            scope=scope,
            corrects=True,
            engine="indicconformer",
            model=ModelFolder(name="test", folder=str(official), fingerprint=""),
            device="cpu",
            compute_type="float32",
            language=ENGINES["indicconformer"].languages["hi"],
            script="Deva",
        )
        result = witness.run(request, context)
        data = (job / result.transcript.path).read_bytes()
        return result, msgspec.json.decode(data, type=Transcript).segments

    return run


def test_segments_and_gaps_are_heard(hear: Hear, model: IndicConformer) -> None:
    (decoded,) = model.decode([NOISE[16 * 2000 : 16 * 5000].tobytes()], "hi", "ctc")
    result, segments = hear(Segment(start_ms=2000, end_ms=5000, text=decoded.text))
    (first,) = [segment for segment in segments if segment.second_hearing]
    assert (first.text, first.quarantined) == (decoded.text, None)
    assert first.second_hearing is not None
    assert first.second_hearing.agreement == 1.0
    found = [segment for segment in segments if segment.quarantined == OUTSIDE_SPEECH]
    assert result.added == len(found) == 2, "noise makes words where the weights are random"
    assert {(s.start_ms, s.end_ms) for s in found} == {(0, 2000), (5000, 8000)}


def test_the_gaps_are_not_heard_where_only_doubtful_segments_are(hear: Hear) -> None:
    result, segments = hear(
        Segment(start_ms=2000, end_ms=5000, text="दरवाज़ा बंद कर दो।"), scope="doubtful"
    )
    assert (result.heard, result.added, len(segments)) == (0, 0, 1)
