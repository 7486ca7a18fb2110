r"""Runs the ONNX graphs of the demo IndicConformer, and measures them on the demo's recordings.

    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.conformer_graphs

This command prints the figures of demo/README.md. It reads ``models/demo/indicconformer`` and
shares no code with the indicconformer stages.
"""

import json
from functools import cached_property
from pathlib import Path

import av
import numpy as np
import onnxruntime
import torch

from demo.conformer import Conformer
from demo.conformer_decoding import (
    Heard,
    Score,
    by_ctc,
    by_transducer,
    compare,
    encoded,
    total,
)
from demo.expand import EXPANDED
from demo.pieces import LANGUAGES, plain
from demo.windows import RATE, Samples

FOLDER = EXPANDED / "indicconformer"
RECORDINGS = {"clip.mp4": "hi", "held-out.m4a": "hi", "clip-ta.m4a": "ta", "clip-or.m4a": "or"}
MARGIN = 0.25
"""Seconds of a chunk before its first word and after its last one."""


class Graph:
    """An ONNX graph that is called as the torch module that it was made from."""

    def __init__(self, path: Path) -> None:
        self.session = onnxruntime.InferenceSession(path)

    def __call__(self, *inputs: torch.Tensor) -> torch.Tensor | tuple[torch.Tensor, ...]:
        """Returns the output, or the outputs where there are several."""
        ports = self.session.get_inputs()
        kinds = {"tensor(float)": np.float32, "tensor(int32)": np.int32, "tensor(int64)": np.int64}
        feeds = {
            port.name: value.numpy().astype(kinds[port.type])
            for port, value in zip(ports, inputs, strict=True)
        }
        outputs = tuple(map(torch.from_numpy, self.session.run(None, feeds)))
        return outputs if len(outputs) > 1 else outputs[0]


class Graphs:
    """The graphs of a folder in the official layout, under the names of :class:`Conformer`."""

    def __init__(self, folder: Path) -> None:
        assets = folder / "assets"
        graph = lambda name: Graph(assets / f"{name}.onnx")  # noqa: E731
        self.encoder, self.ctc_decoder = graph("encoder"), graph("ctc_decoder")
        self.rnnt_decoder = graph("rnnt_decoder")
        self.joint_enc, self.joint_pred = graph("joint_enc"), graph("joint_pred")
        self.joint_pre_net = graph("joint_pre_net")
        self.joint_post_net = {name: graph(f"joint_post_net_{name}") for name in LANGUAGES}
        self._masks = json.loads((assets / "language_masks.json").read_text())

    @cached_property
    def _columns(self) -> torch.Tensor:
        return torch.tensor([np.flatnonzero(self._masks[name]).tolist() for name in LANGUAGES])

    def ctc_scores(self, output: torch.Tensor, languages: torch.Tensor) -> torch.Tensor:
        """Returns log probabilities as :meth:`Conformer.ctc_scores` does, by the masks."""
        columns = self._columns[languages][:, None]
        scores = self.ctc_decoder(output)
        return scores.gather(2, columns.expand(-1, scores.shape[1], -1)).log_softmax(-1)


def largest_difference(model: Conformer, graphs: Graphs) -> float:
    """Returns the largest difference between the scores of the network and of its graphs."""
    mel = torch.randn(2, 80, 333, generator=torch.Generator().manual_seed(0))
    lengths, places = torch.tensor([333, 200]), torch.tensor([0, 2])
    state = torch.zeros(model.rnnt_decoder.lstm.num_layers, 1, model.joint_pred.in_features)
    results = []
    with torch.inference_mode():
        for network in (model, graphs):
            output, frames = network.encoder(mel, lengths)
            ids, one = torch.tensor([[5]]), torch.tensor([1])
            written, _, hidden, cell = network.rnnt_decoder(ids, one, state, state)
            joint = network.joint_enc(output.transpose(1, 2))[:1]
            joint = network.joint_pre_net(joint + network.joint_pred(written.transpose(1, 2)))
            scores = [network.joint_post_net[name](joint) for name in LANGUAGES]
            results.append([output, frames, network.ctc_scores(output, places), hidden, cell])
            results[-1] += scores
    return max(float((a - b).abs().max()) for a, b in zip(*results, strict=True))


def read(path: Path) -> Samples:
    """Returns the sound of a recording: float32 mono at 16 kHz."""
    resampler = av.AudioResampler("s16", "mono", RATE)
    with av.open(str(path)) as recording:
        frames = [f for frame in recording.decode(audio=0) for f in resampler.resample(frame)]
    frames += resampler.resample(None)
    return np.concatenate([f.to_ndarray()[0] for f in frames]).astype(np.float32) / 32768


def chunks(name: str, longest: float) -> list[tuple[Samples, list[Heard]]]:
    """Returns the chunks of a recording with the words in them; a chunk ends between sentences."""
    path = Path(__file__).with_name(name)
    samples = read(path)
    document = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    groups: list[list[Heard]] = []
    for line in document["lines"]:
        words = [
            Heard(text=plain(w["text"]), start=w["start_ms"] / 1000, end=w["end_ms"] / 1000)
            for w in line["words"]
        ]
        if groups and words[-1].end - groups[-1][0].start <= longest:
            groups[-1] += words
        else:
            groups.append(words)
    cut = []
    for words in groups:
        first, last = words[0].start - MARGIN, words[-1].end + MARGIN
        placed = [Heard(text=w.text, start=w.start - first, end=w.end - first) for w in words]
        cut.append((samples[int(first * RATE) : int(last * RATE)], placed))
    return cut


def scores(graphs: Graphs, name: str, longest: float) -> tuple[Score, Score]:
    """Returns the errors by CTC and by the transducer, in chunks of at most ``longest`` seconds."""
    language, found = RECORDINGS[name], []
    for samples, words in chunks(name, longest):
        output = encoded(graphs, samples)
        heard = [decoder(graphs, output, language) for decoder in (by_ctc, by_transducer)]
        found.append([compare(words_heard, words) for words_heard in heard])
    ctc, transducer = zip(*found, strict=True)
    return total(ctc), total(transducer)


if __name__ == "__main__":
    expanded = Graphs(FOLDER)
    for recording in RECORDINGS:
        for seconds in (0, 12):
            ctc, transducer = scores(expanded, recording, seconds)
            print(f"{recording}, chunks of {seconds} s: CTC {ctc}; transducer {transducer}")
