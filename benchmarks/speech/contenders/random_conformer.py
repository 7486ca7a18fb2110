"""Writes an IndicConformer of the real size with random weights, in the layouts that are read.

The network is the demo's, with the sizes of ai4bharat/indic-conformer-600m-multilingual; its
weights take 2.4 GB in float32. There is no transducer.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

SIZES = {
    "WIDTH": 1024,
    "BLOCKS": 24,
    "HEADS": 8,
    "INNER": 4096,
    "KERNEL": 9,
    "CHANNELS": 256,
    "START": 22 * 256,
}
"""The official model's sizes, by the names in ``demo.conformer``; START counts all pieces."""
OPSET = 17
LANGUAGES = "as bn brx doi gu hi kn kok ks mai ml mni mr ne or pa sa sat sd ta te ur"


def write(folder: str) -> None:
    """Writes the official layout without the transducer; needs onnx beside torch."""
    import torch

    from demo import conformer

    for name, value in SIZES.items():
        setattr(conformer, name, value)
    part = Path(f"{folder}.part")
    shutil.rmtree(part, ignore_errors=True)
    assets = part / "assets"
    assets.mkdir(parents=True)
    _write_tables(part)
    torch.manual_seed(0)
    encoder, head = conformer.Encoder().eval(), conformer.CtcDecoder().eval()
    _spread(encoder, head)
    batch, frames = {0: "batch"}, {0: "batch", 2: "frames"}
    networks = {
        "ctc_decoder": (
            head,
            {"encoder_output": torch.randn(1, SIZES["WIDTH"], 5)},
            {"logprobs": {0: "batch", 1: "frames"}, "encoder_output": frames},
        ),
        "encoder": (
            encoder,
            {"audio_signal": torch.randn(2, 80, 203), "length": torch.tensor([203, 150])},
            {
                "outputs": frames,
                "encoded_lengths": batch,
                "audio_signal": {0: "batch", 2: "mel_frames"},
                "length": batch,
            },
        ),
    }
    for name, (network, inputs, axes) in networks.items():
        torch.onnx.export(
            network,
            tuple(inputs.values()),
            str(assets / f"{name}.onnx"),
            input_names=list(inputs),
            output_names=[axis for axis in axes if axis not in inputs],
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
    part.rename(folder)


def _spread(encoder: Any, head: Any) -> None:
    """Makes the best column differ from frame to frame, as a trained network's does.

    With torch's own initialisation all frames are nearly equal, so that equal paths would show
    nothing. Here the subsampling keeps the variance of its input, biases are 0, and the head
    subtracts the mean of the encoder's output.
    """
    import torch

    with torch.inference_mode():
        for name, weight in encoder.named_parameters():
            if name.endswith("bias"):
                weight.zero_()
            elif name.startswith("subsampling") and weight.dim() > 1:
                weight.normal_(0, (2 / weight[0].numel()) ** 0.5)
        sound = torch.randn(1, 80, 1000)
        encoded, _ = encoder(sound, torch.tensor([1000]))
        head.out.bias.copy_(-head.out.weight @ encoded[0].mean(1))


def _write_tables(folder: Path) -> None:
    languages = LANGUAGES.split()
    pieces = {name: [f"▁{name}{k}" for k in range(256)] for name in languages}
    count = 256 * len(languages)
    masks = {
        name: [*(k // 256 == index for k in range(count)), True]
        for index, name in enumerate(languages)
    }
    config = {
        "BLANK_ID": 256,
        "RNNT_MAX_SYMBOLS": 10,
        "PRED_RNN_LAYERS": 2,
        "PRED_RNN_HIDDEN_DIM": 640,
        "SOS": count,
    }
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "assets" / "vocab.json").write_text(json.dumps(pieces), encoding="utf-8")
    (folder / "assets" / "language_masks.json").write_text(json.dumps(masks))


def quantise(official: str, small: str) -> None:
    """Makes the smaller model, as our command does."""
    from indicsubs_indicconformer.quantise import quantise as make_smaller

    make_smaller(Path(official), Path(small))


def for_onnx_asr(official: str, small: str, folder: str) -> None:
    """Writes onnx-asr's layout: the same graphs with the CTC head joined, and a list of pieces.

    The files of the weights are linked, not copied.
    """
    import onnx

    from indicsubs_indicconformer.checkpoint import CTC_HEAD, ENCODER, SMALL, VOCABULARY
    from indicsubs_indicconformer.joined_graph import join_head
    from indicsubs_networks.int8_graph import load_external_tensors

    part = Path(f"{folder}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    source = Path(official)
    encoder = onnx.load(str(source / ENCODER), load_external_data=False)
    head = onnx.load(str(source / CTC_HEAD), load_external_data=False)
    load_external_tensors(head, source / CTC_HEAD)
    join_head(encoder, head)
    for file in (source / "assets").iterdir():
        if file.suffix not in {".onnx", ".json"}:
            os.link(file, part / file.name)
    onnx.save_model(_named(encoder), str(part / "model.onnx"))
    onnx.save_model(_named(onnx.load(str(Path(small) / SMALL))), str(part / "model.int8.onnx"))
    pieces = json.loads((source / VOCABULARY).read_bytes())
    rows = [*(piece for row in pieces.values() for piece in row), "<blk>"]
    lines = "".join(f"{piece} {index}\n" for index, piece in enumerate(rows))
    (part / "vocab.txt").write_text(lines, encoding="utf-8")
    config = {"model_type": "nemo-conformer-ctc", "features_size": 80, "subsampling_factor": 8}
    (part / "config.json").write_text(json.dumps(config))
    part.rename(folder)


def _named(model: Any) -> Any:
    """Returns the graph with its scores under the name that onnx-asr asks for."""
    scores = model.graph.output[0]
    for node in model.graph.node:
        for position, name in enumerate(node.output):
            if name == scores.name:
                node.output[position] = "logprobs"
    scores.name = "logprobs"
    return model
