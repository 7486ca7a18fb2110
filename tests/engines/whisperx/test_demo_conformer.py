"""The demo IndicConformer by itself: its layout, and its words through onnxruntime.

The features and the decoding are the demo's own, in torch: they share no code with the stages of
the indicconformer environment.
"""

import json

import numpy as np
import pytest
import torch

from demo.conformer_decoding import by_ctc, by_transducer, encoded
from demo.conformer_features import log_mel
from demo.conformer_graphs import RECORDINGS, Graphs, scores
from demo.expand import COMPACT
from demo.expand_conformer import expand
from demo.pieces import LANGUAGES


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("indicconformer")
    expand(COMPACT / "indicconformer", folder)
    return folder


@pytest.fixture(scope="module")
def graphs(folder):
    return Graphs(folder)


def test_masks_give_each_language_its_pieces_and_the_blank(folder):
    assets = folder / "assets"
    vocabulary = json.loads((assets / "vocab.json").read_text(encoding="utf-8"))
    masks = json.loads((assets / "language_masks.json").read_text())
    assert list(masks) == list(vocabulary) == sorted(LANGUAGES)
    columns = [np.flatnonzero(mask).tolist() for mask in masks.values()]
    assert columns == [[*range(256 * k, 256 * k + 256), 768] for k in range(3)]


def test_ports_of_the_graphs_are_the_official_ones(graphs):
    def ports(graph):
        inputs, outputs = graph.session.get_inputs(), graph.session.get_outputs()
        return [port.name for port in inputs], [port.name for port in outputs]

    assert ports(graphs.encoder) == (["audio_signal", "length"], ["outputs", "encoded_lengths"])
    assert ports(graphs.ctc_decoder) == (["encoder_output"], ["logprobs"])
    assert ports(graphs.rnnt_decoder) == (
        ["targets", "target_length", "states.1", "onnx::Slice_3"],
        ["outputs", "prednet_lengths", "states", "162"],
    )
    for graph in (graphs.joint_enc, graphs.joint_pred, graphs.joint_pre_net):
        assert ports(graph) == (["input"], ["output"])


def test_encoder_has_external_weights_as_the_official_one(folder):
    names = {path.name for path in (folder / "assets").iterdir()}
    graph = (folder / "assets/encoder.onnx").read_bytes()
    external = {name for name in names if not name.endswith((".onnx", ".json"))}
    assert len(external) > 50
    assert all(name.encode() in graph for name in external)


def test_padding_changes_no_valid_frame(graphs):
    mel = torch.randn(2, 80, 400, generator=torch.Generator().manual_seed(1))
    together, frames = graphs.encoder(mel, torch.tensor([400, 230]))
    alone, _ = graphs.encoder(mel[1:, :, :230], torch.tensor([230]))
    assert frames.tolist() == [50, 29]
    assert torch.allclose(together[1, :, :29], alone[0], atol=1e-4)


@pytest.mark.parametrize("decoder", [by_ctc, by_transducer])
@pytest.mark.parametrize("language", LANGUAGES)
def test_silence_and_noise_have_no_words(graphs, decoder, language):
    rng = np.random.default_rng(2)
    noise = (0.02 * rng.standard_normal(48_000)).astype(np.float32)
    for samples in (np.zeros(48_000, np.float32), noise):
        assert decoder(graphs, encoded(graphs, samples), language) == []


@pytest.mark.parametrize("name", [name for name in RECORDINGS if name.startswith("clip")])
def test_recordings_in_trained_voices_have_no_word_errors(graphs, name):
    ctc, transducer = scores(graphs, name, longest=12)
    print(f"{name}: CTC {ctc}; transducer {transducer}")
    assert ctc.errors == transducer.errors == 0
    assert ctc.words > 30
    assert np.mean(ctc.boundaries) < 0.06


def test_features_have_zero_mean_and_unit_deviation_in_every_band():
    rng = np.random.default_rng(3)
    mel = log_mel((0.1 * rng.standard_normal(16_000)).astype(np.float32))
    assert mel.shape == (80, 101)
    assert mel.mean(1).abs().max() < 1e-4
    assert (mel.std(1) - 1).abs().max() < 1e-3
