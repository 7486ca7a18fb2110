"""The prompt and the limit of output tokens."""

import pytest
from recognisers import artifact

from indicsubs_contract.errors import IndicsubsError
from indicsubs_contract.messages.asr import AsrRequest
from indicsubs_contract.messages.files import ModelFolder
from indicsubs_recognition.whisper import frame_count, output_token_limit, prompt_text


def test_the_limit_of_output_tokens() -> None:
    assert output_token_limit(0, 4) == 440
    assert output_token_limit(223, 4) == 448 - 223 - 1 - 4
    with pytest.raises(IndicsubsError, match="224 tokens long"):
        output_token_limit(224, 4)


def test_the_frames_of_a_chunk() -> None:
    assert frame_count(bytes(2 * 16_000)) == 50
    assert frame_count(bytes(2 * 16_000 * 30)) == 1500
    assert frame_count(b"\0\0") == 1


@pytest.mark.parametrize(
    ("hotwords", "prompt", "text"),
    [(None, None, None), ("", " ", None), ("राजू ", None, " राजू"), ("a", " b", " a b")],
)
def test_prompt(hotwords: str | None, prompt: str | None, text: str | None) -> None:
    request = AsrRequest(
        audio=artifact("a"),
        speech=artifact("s"),
        audio_start_ms=0,
        model=ModelFolder(name="m", folder="f", fingerprint=""),
        device="cpu",
        compute_type="int8",
        languages={},
        language="hi",
        hotwords=hotwords,
        initial_prompt=prompt,
    )
    assert prompt_text(request) == text
