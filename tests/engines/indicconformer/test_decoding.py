"""CTC and transducer decoding, against plain decoders that run the networks by their names."""

import json
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
from conformer_graphs import LANGUAGES, START

from indicsubs_indicconformer.ctc import best_path, decode_ctc
from indicsubs_indicconformer.emitted import LEAST_PIECE_MS, EmittedPiece, heard_words
from indicsubs_indicconformer.features import log_mel_features
from indicsubs_indicconformer.indic_conformer import IndicConformer, open_model
from indicsubs_recognition.decoded_chunk import DecodedChunk, clean_text, has_words

Spoken = list[tuple[str, int]]
"""Pieces with their first frames."""


class PlainDecoder:
    """Decodes one chunk in the plainest way, from the files of the official layout."""

    def __init__(self, folder: Path) -> None:
        self.assets = folder / "assets"
        self.vocabulary = json.loads((self.assets / "vocab.json").read_text())
        self.masks = json.loads((self.assets / "language_masks.json").read_text())
        self.session = cache(
            lambda name: onnxruntime.InferenceSession(str(self.assets / f"{name}.onnx"))
        )

    def network(self, name: str, **inputs: np.ndarray) -> dict[str, np.ndarray]:
        session = self.session(name)
        names = [output.name for output in session.get_outputs()]
        named = {key.replace("__", "::").replace("_1", ".1"): v for key, v in inputs.items()}
        return dict(zip(names, session.run(names, named), strict=True))

    def encoded(self, chunk: bytes) -> np.ndarray:
        samples = np.frombuffer(chunk, "<i2").astype(np.float32) / 32768
        features = log_mel_features(samples)[np.newaxis]
        length = np.array([features.shape[2]])
        return self.network("encoder", audio_signal=features, length=length)["outputs"]

    def ctc(self, chunk: bytes, language: str) -> Spoken:
        scores = self.network("ctc_decoder", encoder_output=self.encoded(chunk))["logprobs"][0]
        columns = [c for c, wanted in enumerate(self.masks[language]) if wanted]
        spoken: Spoken = []
        previous = 256
        for frame, row in enumerate(scores):
            best = max(range(257), key=lambda k: row[columns[k]])
            if best not in (256, previous):
                spoken.append((self.vocabulary[language][best], frame))
            previous = best
        return spoken

    def transducer(self, chunk: bytes, language: str) -> Spoken:
        """Runs the prediction network over the whole history for every symbol."""
        outputs = self.encoded(chunk).transpose(0, 2, 1)
        spoken: Spoken = []
        history = [START]
        for frame in range(outputs.shape[1]):
            for _ in range(10):
                state = cell = np.zeros((2, 1, 8), np.float32)
                for number in history:
                    answer = self.network(
                        "rnnt_decoder",
                        targets=np.array([[number]], np.int32),
                        target_length=np.array([1], np.int32),
                        states_1=state,
                        onnx__Slice_3=cell,
                    )
                    state, cell = answer["states"], answer["162"]
                heard = self.network("joint_enc", input=outputs[:, frame : frame + 1])["output"]
                predicted = answer["outputs"].transpose(0, 2, 1)
                joint = heard + self.network("joint_pred", input=predicted)["output"]
                joint = self.network("joint_pre_net", input=joint)["output"]
                scores = self.network(f"joint_post_net_{language}", input=joint)["output"]
                best = int(scores.reshape(-1).argmax())
                if best == 256:
                    break
                history.append(best)
                spoken.append((self.vocabulary[language][best], frame))
        return spoken


def text_of(spoken: Spoken) -> str:
    joined = "".join(piece for piece, _ in spoken if piece != "<unk>")
    return " ".join(joined.replace("▁", " ").split())


@pytest.mark.parametrize("language", LANGUAGES)
def test_ctc_equals_a_plain_decoder(
    language: str, official: Path, model: IndicConformer, noise: list[bytes]
) -> None:
    plain = PlainDecoder(official)
    for decoded, chunk in zip(model.decode(noise, language, "ctc"), noise, strict=True):
        spoken = plain.ctc(chunk, language)
        assert 3 <= len(spoken) < len(chunk) / 2 / 1280, "some frames are blank, some are not"
        assert decoded.text == text_of(spoken)
        starts = {80 * frame for piece, frame in spoken}
        assert {word.start_ms for word in decoded.words} <= starts


@pytest.mark.parametrize("language", ["hi", "sd"])
@pytest.mark.parametrize("blank_bias", [7.5, 1.0])
def test_the_transducer_equals_a_plain_decoder(
    language: str, blank_bias: float, make_folder, noise: list[bytes]
) -> None:
    """Where blanks are rare, every frame emits 10 pieces, the limit of config.json."""
    folder = make_folder(blank_bias=blank_bias)
    spoken = PlainDecoder(folder).transducer(noise[2], language)
    frames = [frame for _, frame in spoken]
    counts = {frames.count(frame) for frame in frames}
    assert max(counts) == 10 if blank_bias < 2 else min(counts) < 10
    (decoded,) = open_model(folder, "test", "cpu").decode([noise[2]], language, "rnnt")
    assert decoded.text == text_of(spoken)


@pytest.mark.parametrize("decoding", ["ctc", "rnnt"])
def test_a_batch_gives_the_same_as_its_chunks_alone(
    decoding: str, model: IndicConformer, noise: list[bytes]
) -> None:
    together = model.decode(noise, "hi", decoding)
    for decoded, chunk in zip(together, noise, strict=True):
        (alone,) = model.decode([chunk], "hi", decoding)
        assert decoded.text == alone.text
        assert decoded.log_probability == pytest.approx(alone.log_probability, abs=1e-5)
        assert [w.start_ms for w in decoded.words] == [w.start_ms for w in alone.words]


@pytest.mark.parametrize("decoding", ["ctc", "rnnt"])
def test_words_lie_in_the_chunk_in_order(
    decoding: str, model: IndicConformer, noise: list[bytes]
) -> None:
    for decoded, chunk in zip(model.decode(noise, "ta", decoding), noise, strict=True):
        edges = [edge for word in decoded.words for edge in (word.start_ms, word.end_ms)]
        assert edges == sorted(edges)
        assert all(word.start_ms < word.end_ms for word in decoded.words)
        assert edges[-1] <= len(chunk) // 32
        assert clean_text(decoded.text) == " ".join(word.text for word in decoded.words)
        assert all(0 < word.score <= 1 for word in decoded.words)


def test_inputs_are_found_by_position_where_an_exporter_named_them_anew(
    make_folder, model: IndicConformer, noise: list[bytes]
) -> None:
    renamed = open_model(make_folder(renamed=True), "renamed", "cpu")
    for ours, theirs in zip(
        renamed.decode(noise, "hi", "rnnt"), model.decode(noise, "hi", "rnnt"), strict=True
    ):
        assert ours == theirs


@pytest.mark.parametrize("decoding", ["ctc", "rnnt"])
def test_blanks_alone_are_no_words_and_no_speech(
    decoding: str, make_folder, noise: list[bytes]
) -> None:
    model = open_model(make_folder(blank_bias=60.0), "silent", "cpu")
    for decoded in model.decode([*noise, b""], "hi", decoding):
        assert decoded.text == ""
        assert decoded.words == ()
        assert not has_words(decoded.text)
        assert decoded.no_speech > 0.99
        assert decoded.log_probability > -0.1, "it is sure, and needs no second try"


PIECES = ["<unk>", "▁", "▁क", "ल", *(f"x{k}" for k in range(252))]


def emissions(*frames: dict[int, float]) -> np.ndarray:
    """Log probabilities of frames; the columns that a frame does not name share the rest."""
    rows = []
    for frame in frames:
        rest = (1 - sum(frame.values())) / (257 - len(frame))
        rows.append([np.log(frame.get(column, rest)) for column in range(257)])
    return np.array(rows, np.float32)


def decoded_frames(*frames: dict[int, float], chunk_ms: int | None = None) -> DecodedChunk:
    return decode_ctc(emissions(*frames), PIECES, chunk_ms or 80 * len(frames))


BLANK = {256: 0.9}


def test_repeats_are_merged_unless_a_blank_separates_them() -> None:
    decoded = decoded_frames({2: 0.8}, {2: 0.6}, {3: 0.7}, BLANK, {3: 0.5}, BLANK)
    assert decoded.text == "कलल"
    (word,) = decoded.words
    # The last piece starts in the fifth frame, and the chunk ends after the sixth.
    assert (word.start_ms, word.end_ms) == (0, 480)


def test_the_confidence_is_the_mean_over_the_pieces() -> None:
    decoded = decoded_frames(BLANK, {2: 0.8}, {2: 0.5}, {3: 0.7}, BLANK)
    first = (np.log(0.8) + np.log(0.5)) / 2
    assert decoded.log_probability == pytest.approx((first + np.log(0.7)) / 2, abs=1e-5)
    assert decoded.words[0].score == pytest.approx((np.exp(first) + 0.7) / 2, abs=1e-5)
    # The surest speech is in the second frame, whose blank has a share of the rest.
    assert decoded.no_speech == pytest.approx(0.2 / 256, abs=1e-5)


def test_a_last_piece_in_one_frame_lasts_longer_but_not_into_the_next_word() -> None:
    word, silence = {2: 0.9}, [BLANK] * 6
    decoded = decoded_frames(BLANK, word, *silence, word, BLANK, word, BLANK)
    spans = [(w.start_ms, w.end_ms) for w in decoded.words]
    assert spans == [(80, 80 + LEAST_PIECE_MS), (640, 800), (800, 960)]


def test_a_last_piece_in_many_frames_ends_with_them() -> None:
    (word,) = decoded_frames({2: 0.9}, *[{3: 0.9}] * 5, *[BLANK] * 5).words
    assert (word.start_ms, word.end_ms) == (0, 480)


def test_a_word_ends_with_the_chunk() -> None:
    (word,) = decoded_frames(BLANK, {2: 0.9}, {3: 0.9}, chunk_ms=221).words
    assert (word.start_ms, word.end_ms) == (80, 221)


def test_unknown_text_and_a_mark_alone_are_no_words() -> None:
    decoded = decoded_frames({0: 0.9}, {1: 0.9}, BLANK, {1: 0.9}, {3: 0.9}, {0: 0.9})
    assert decoded.text == "ल"
    assert [w.start_ms for w in decoded.words] == [240]


def test_words_of_one_frame_share_it() -> None:
    same = {"start_frame": 2, "end_frame": 3, "log_probability": -0.1}
    pieces = [EmittedPiece(text=text, **same) for text in ("▁क", "▁ख", "ग", "▁घ", "▁च")]
    spans = [(word.start_ms, word.end_ms) for word in heard_words(pieces, 800)]
    assert spans == [(160, 180), (180, 200), (200, 220), (220, 160 + LEAST_PIECE_MS)]


def test_the_best_path_has_the_frames_of_each_piece() -> None:
    path = best_path(emissions({2: 0.9}, BLANK, {3: 0.9}, {3: 0.8}, {1: 0.9}), PIECES)
    assert [(p.text, p.start_frame, p.end_frame) for p in path] == [
        ("▁क", 0, 1),
        ("ल", 2, 4),
        ("▁", 4, 5),
    ]


def test_emissions_are_the_log_probabilities_of_the_languages_columns(
    official: Path, model: IndicConformer, noise: list[bytes]
) -> None:
    plain = PlainDecoder(official)
    for language in LANGUAGES:
        (rows,) = model.emissions(noise[:1], language)
        encoded = plain.encoded(noise[0])
        scores = plain.network("ctc_decoder", encoder_output=encoded)["logprobs"][0]
        wanted = scores[:, np.array(plain.masks[language])].astype(float)
        wanted -= np.log(np.exp(wanted).sum(axis=1, keepdims=True))
        assert rows.dtype == np.float32
        assert rows == pytest.approx(wanted, abs=1e-4)
        assert len(model.pieces(language)) == rows.shape[1] - 1
