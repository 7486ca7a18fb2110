r"""Compares the tokens of this project's network with upstream's: ``just check-upstream``.

    just check-upstream FOLDER

``FOLDER`` has ``modeling_indictrans.py`` and ``configuration_indictrans.py``, which are in every
repository ai4bharat/indictrans2-*. Read them first, because they are executed. Both networks search
with random checkpoints in the official layout: ours in this environment, upstream's in a temporary
environment with the last transformers that it runs under. The two sides exchange files. A table
shows how many outputs are equal; the exit status is 1 if one is not.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import torch
from random_networks import ending_network
from safetensors.torch import save_file
from transformers import GenerationConfig
from upstream.exchange import ANSWERS, CASES, EOS, PAD, searches, trimmed

from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.network import Network

TRANSFORMERS = "4.53.3"
"""The last version that upstream's code runs under unchanged: 4.54 breaks its cache."""
TORCH = "2.10.0"
UPSTREAM = ("configuration_indictrans.py", "modeling_indictrans.py")
LONGEST = 32
SEEDS = range(3)

SHAPES: dict[str, dict[str, Any]] = {
    "distilled, output shared": {"share_decoder_input_output_embed": True},
    "distilled": {},
    "1B": {"layernorm_embedding": False},
    "no scaling, relu": {
        "layernorm_embedding": False,
        "scale_embedding": False,
        "activation_function": "relu",
    },
    "wide and deep": {
        "encoder_vocab_size": 300,
        "decoder_vocab_size": 250,
        "encoder_embed_dim": 96,
        "decoder_embed_dim": 96,
        "encoder_layers": 6,
        "decoder_layers": 6,
        "encoder_attention_heads": 8,
        "decoder_attention_heads": 8,
        "encoder_ffn_dim": 200,
        "decoder_ffn_dim": 200,
    },
}
"""Changes to the small shape of ``random_networks``, by name."""
SEARCHES: dict[str, dict[str, Any]] = {
    "greedy": {"num_beams": 1},
    "5 beams, early stopping": {"num_beams": 5, "early_stopping": True},
    "5 beams, one at a time": {"num_beams": 5, "early_stopping": False},
}
ALONE = {"5 beams, one at a time"}
"""Searches with one source at a time. Without early stopping, the beam search of transformers 4.53
continues with every sentence of a batch while one of them may improve, so that the tokens of a
sentence depend on its batch; 4.57 ends each sentence on its own. The libraries differ in this, not
the networks: in whole batches 116 of 120 outputs were equal, one at a time all."""
HINDI_ENGLISH, HINDI_TAMIL, ENGLISH_HINDI = [4, 5], [4, 6], [5, 4]
BATCHES = [
    [[*HINDI_ENGLISH, 17, 23, 9, EOS]],
    [[*HINDI_ENGLISH, 30, 8, EOS], [*HINDI_TAMIL, 30, 8, EOS], [*ENGLISH_HINDI, 30, 8, EOS]],
    [
        [*ENGLISH_HINDI, 11, 12, 13, 14, 15, 45, 44, EOS],
        [*HINDI_TAMIL, EOS],
        [*HINDI_ENGLISH, *(7 + 3 * k % 40 for k in range(60)), EOS],
        [*HINDI_ENGLISH, 3, 3, EOS],
    ],
]
"""Sources in one language and in several: alone, of one length, of very different lengths."""
SIDES = ("left", "right")


def write_checkpoint(folder: Path, network: Network) -> None:
    """Writes a network in the official layout, which both sides read."""
    folder.mkdir()
    shape = network.config.shape
    save_file(
        {name: weight.clone() for name, weight in network.state_dict().items()},
        folder / "model.safetensors",
        metadata={"format": "pt"},
    )
    config = {
        "model_type": "IndicTrans",
        "architectures": ["IndicTransForConditionalGeneration"],
        "auto_map": {
            "AutoConfig": "configuration_indictrans.IndicTransConfig",
            "AutoModelForSeq2SeqLM": "modeling_indictrans.IndicTransForConditionalGeneration",
        },
        "is_encoder_decoder": True,
        "torch_dtype": "float32",
        "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "vocab_size": shape.decoder_vocab_size,  # read by transformers' beam search
        **msgspec.to_builtins(shape),
    }
    (folder / "config.json").write_text(json.dumps(config, indent=1), encoding="utf-8")


def cases() -> Iterator[dict[str, Any]]:
    """Yields every checkpoint with every search, batch and side of the padding."""
    for (shape, seed), search, batch, side in product(
        checkpoints(), SEARCHES, range(len(BATCHES)), SIDES
    ):
        yield {
            "checkpoint": checkpoint_name(shape, seed),
            "shape": shape,
            "search": search,
            "options": {**SEARCHES[search], "max_length": LONGEST},
            "batch": BATCHES[batch],
            "side": side,
            "alone": search in ALONE,
        }


def checkpoints() -> Iterator[tuple[str, int]]:
    """Returns the name of the shape and the seed of each random checkpoint."""
    return product(SHAPES, SEEDS)


def checkpoint_name(shape: str, seed: int) -> str:
    """Returns the name of a checkpoint's folder."""
    return f"{[*SHAPES].index(shape)}-{seed}"


def our_tokens(exchange: Path, all_cases: list[dict[str, Any]]) -> list[list[list[int]]]:
    """Returns the tokens of this project's network, which is loaded as the stage loads it."""
    outputs: list[list[list[int]]] = []
    networks: dict[str, Network] = {}
    for case in all_cases:
        name = case["checkpoint"]
        if name not in networks:
            networks[name] = load_network(exchange / name, "cpu", torch.float32)
        config = GenerationConfig(
            bos_token_id=0,
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=EOS,
            **case["options"],
        )
        rows: list[list[int]] = []
        for batch in searches(case):
            ids = torch.tensor(batch)
            with torch.inference_mode():
                rows += (
                    networks[name]
                    .generate(ids, attention_mask=ids.ne(PAD), generation_config=config)
                    .tolist()
                )
        outputs.append(trimmed(rows))
    return outputs


def upstream_tokens(exchange: Path, upstream: Path) -> list[list[list[int]]]:
    """Returns the tokens of upstream's code, which runs in an environment of its own.

    Raises:
        SystemExit: The code does not run.
    """
    for name in {path.parent for path in exchange.glob("*/config.json")}:
        for file in UPSTREAM:
            (name / file).write_bytes((upstream / file).read_bytes())
    script = Path(__file__).with_name("answer.py")
    packages = (f"transformers=={TRANSFORMERS}", f"torch=={TORCH}", "safetensors", "numpy")
    done = subprocess.run(
        [
            *("uv", "run", "--isolated", "--no-project", "--python", "3.11"),
            *(part for package in packages for part in ("--with", package)),
            *("python", str(script), str(exchange)),
        ],
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"Upstream's code did not run (status {done.returncode}); see above.")
    return json.loads((exchange / ANSWERS).read_text(encoding="utf-8"))


def table(
    all_cases: list[dict[str, Any]],
    ours: list[list[list[int]]],
    upstreams: list[list[list[int]]],
) -> tuple[str, bool]:
    """Returns the equal outputs by shape and search as Markdown, and whether all are equal."""
    rows = [
        "| shape | search | padding | equal outputs | of them ended | different outputs |",
        "|---|---|---|--:|--:|--:|",
    ]
    all_equal = True
    for shape, search, side in product(SHAPES, SEARCHES, SIDES):
        pairs = [
            pair
            for case, one, other in zip(all_cases, ours, upstreams, strict=True)
            if (case["shape"], case["search"], case["side"]) == (shape, search, side)
            for pair in zip(one, other, strict=True)
        ]
        equal = [one for one, other in pairs if one == other]
        ended = sum(tokens[-1] == EOS for tokens in equal)
        distinct = len({tuple(tokens) for tokens in equal})
        all_equal &= len(equal) == len(pairs)
        rows.append(
            f"| {shape} | {search} | {side} | {len(equal)}/{len(pairs)} | {ended} | {distinct} |"
        )
    return "\n".join(rows), all_equal


def main() -> None:
    """Compares both networks and prints the table."""
    parser = argparse.ArgumentParser(description="Compare with upstream's own code.")
    parser.add_argument("folder", type=Path, help=f"with {' and '.join(UPSTREAM)}")
    upstream = parser.parse_args().folder
    for file in UPSTREAM:
        if not (upstream / file).is_file():
            parser.error(
                f"{upstream / file} does not exist; every repository ai4bharat/indictrans2-* has it"
            )
    with tempfile.TemporaryDirectory() as name:
        exchange = Path(name)
        for shape, seed in checkpoints():
            network = ending_network(seed, max_target_positions=LONGEST, **SHAPES[shape])
            write_checkpoint(exchange / checkpoint_name(shape, seed), network)
        all_cases = [*cases()]
        (exchange / CASES).write_text(json.dumps(all_cases), encoding="utf-8")
        text, all_equal = table(
            all_cases, our_tokens(exchange, all_cases), upstream_tokens(exchange, upstream)
        )
    print(f"Upstream's code under transformers {TRANSFORMERS}, torch {TORCH}:\n\n{text}")
    sys.exit(not all_equal)


if __name__ == "__main__":
    main()
