r"""Train the demo translators: two small IndicTrans2 networks that know the sentences by heart.

    UV_PROJECT_ENVIRONMENT=venv/indictrans2 uv run --no-sync --package indicsubs-indictrans2 \
        python -m demo.train_translator

Each learns from the sentences with and without punctuation, and with a word dropped, exchanged or
moved, so that a recogniser's slip does not throw it off. Written are compact checkpoints;
``demo.expand_translator`` makes the official layout of them.
"""

import argparse
import io
import json
import random
import re
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import torch
from IndicTransToolkit.processor import IndicProcessor
from safetensors.torch import save_file
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch.nn import functional as F

from demo.expand_translator import COMPACT_WEIGHTS, expand
from demo.sentences import sentences
from indicsubs_indictrans2.network import Network, NetworkConfig
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import EOS, PAD, Shape
from indicsubs_indictrans2.tokenizer import Tokenizer
from indicsubs_indictrans2.translator import Translator

MODELS = Path(__file__).with_name("models")
SOURCE = "hin_Deva"
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WIDTH, LAYERS, HEADS = 96, 2, 4
LEARNING_RATE = 1.5e-3
PIECES = 300
"""Upper limit of each SentencePiece vocabulary."""
COPIES = 2
"""Variants of every sentence in a batch."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A demo translator."""

    name: str
    target: str
    column: str
    """Of ``sentences.tsv``."""
    shared: bool
    """Whether the decoder embeds with the output projection. The official distilled models with
    few enough parameters for their names (200M) share, indic-indic (320M) does not."""


DIRECTIONS = (
    Direction(name="indic-en", target="eng_Latn", column="en", shared=True),
    Direction(name="indic-indic", target="tam_Taml", column="ta", shared=False),
)


def read_pairs(column: str) -> list[tuple[str, str]]:
    """Hindi sentences and their translations."""
    return [(sentence.hi, getattr(sentence, column)) for sentence in sentences()]


def without_punctuation(text: str) -> str:
    """As a recogniser that hears no punctuation writes it."""
    return " ".join(re.sub(r"[।?!,.]", "", text).split())


def learn_pieces(texts: list[str], path: Path) -> list[str]:
    """Train a SentencePiece model on ``texts`` and write it; its pieces without special ones."""
    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(texts),
        model_writer=model,
        vocab_size=PIECES,
        model_type="unigram",
        character_coverage=1.0,
        hard_vocab_limit=False,
        normalization_rule_name="identity",
        num_threads=1,
        minloglevel=2,
    )
    path.write_bytes(model.getvalue())
    pieces = SentencePieceProcessor(model_file=str(path))
    return [
        pieces.id_to_piece(i)
        for i in range(pieces.get_piece_size())
        if not pieces.is_control(i) and not pieces.is_unknown(i)
    ]


def write_dictionary(path: Path, tokens: list[str]) -> dict[str, int]:
    """Number tokens after the special ones, as ``dict.SRC.json`` does."""
    numbers = {token: i for i, token in enumerate(SPECIAL + tokens)}
    path.write_text(json.dumps(numbers, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    return numbers


def disturb(text: str, others: list[str], rng: random.Random) -> str:
    """Half of the time drop, exchange or move a word."""
    words = text.split()
    if rng.random() < 0.5 or len(words) < 4:
        return text
    i, kind = rng.randrange(len(words)), rng.random()
    if kind < 0.5:
        del words[i]
    elif kind < 0.8:
        words[i] = rng.choice(rng.choice(others).split())
    else:
        words.insert(rng.randrange(len(words)), words.pop(i))
    return " ".join(words)


def padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    """Ids [B, longest], filled on the right."""
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def train(direction: Direction, folder: Path, steps: int) -> None:
    """Train one translator and write its compact form."""
    torch.manual_seed(0)
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    pairs = read_pairs(direction.column)
    bare = [without_punctuation(source) for source, _ in pairs]
    prepared = Processing(SOURCE, direction.target).prepare([source for source, _ in pairs])
    prepared_bare = Processing(SOURCE, direction.target).prepare(bare)
    wanted = [
        " ".join(text.split())
        for text in IndicProcessor(inference=False).preprocess_batch(
            [target for _, target in pairs], src_lang=direction.target, is_target=True
        )
    ]
    sources = write_dictionary(
        folder / "dict.SRC.json",
        [SOURCE, direction.target, *learn_pieces(prepared, folder / "model.SRC")],
    )
    targets = write_dictionary(folder / "dict.TGT.json", learn_pieces(wanted, folder / "model.TGT"))
    shape = Shape(
        encoder_vocab_size=len(sources),
        decoder_vocab_size=len(targets),
        encoder_embed_dim=WIDTH,
        decoder_embed_dim=WIDTH,
        encoder_layers=LAYERS,
        decoder_layers=LAYERS,
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=2 * WIDTH,
        decoder_ffn_dim=2 * WIDTH,
        layernorm_embedding=True,
        share_decoder_input_output_embed=direction.shared,
    )
    tokenizer = Tokenizer.load(folder, shape)
    cutter = SentencePieceProcessor(model_file=str(folder / "model.TGT"))
    answers = [[targets[p] for p in cutter.encode(text, out_type=str)] + [EOS] for text in wanted]
    network = Network(NetworkConfig(shape)).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    rows = [*range(len(pairs))] * COPIES
    start = time.perf_counter()
    for step in range(steps):
        rate = LEARNING_RATE * min(1, (step + 1) / 50) * (1 - 0.97 * step / steps)
        for group in optimiser.param_groups:
            group["lr"] = rate
        texts = [
            disturb(prepared[i] if rng.random() < 0.6 else prepared_bare[i], prepared, rng)
            for i in rows
        ]
        ids = padded([tokenizer.encode(t, SOURCE, direction.target) for t in texts], PAD)
        logits = network(
            input_ids=ids, decoder_input_ids=padded([[EOS, *answers[i][:-1]] for i in rows], PAD)
        ).logits
        labels = padded([answers[i] for i in rows], -100)
        loss = F.cross_entropy(logits.flatten(0, 1), labels.flatten())
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        if step % 100 == 0 or step == steps - 1:
            seconds = time.perf_counter() - start
            print(f"{direction.name} step {step}: loss {loss.item():.4f}, {seconds:.0f} s")
    weights = {name: w.half().contiguous() for name, w in network.state_dict().items()}
    if direction.shared:
        del weights["model.decoder.embed_tokens.weight"]
    save_file(weights, folder / COMPACT_WEIGHTS)
    config = {"model_type": "IndicTrans", "is_encoder_decoder": True, **msgspec.to_builtins(shape)}
    (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n", encoding="utf-8")


def evaluate(direction: Direction, compact: Path) -> None:
    """Print how many sentences the expanded model translates exactly, as they are and disturbed."""
    pairs = read_pairs(direction.column)
    with tempfile.TemporaryDirectory() as folder:
        expand(compact, Path(folder))
        translator = Translator.load(Path(folder), "cpu", "float32")

    def exact(sources: list[str]) -> int:
        outputs = translator.translate(sources, SOURCE, direction.target)
        return sum(out == target for out, (_, target) in zip(outputs, pairs, strict=True))

    texts = [source for source, _ in pairs]
    second_dropped = [" ".join(w for i, w in enumerate(t.split()) if i != 1) for t in texts]
    print(
        f"{direction.name}: exact of {len(pairs)}: {exact(texts)} as they are,"
        f" {exact([without_punctuation(t) for t in texts])} without punctuation,"
        f" {exact(second_dropped)} with the second word dropped"
    )


def main() -> None:
    """Train both translators."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--models", type=Path, default=MODELS)
    options = parser.parse_args()
    torch.set_num_threads(1)  # sums in another order would give other weights
    for direction in DIRECTIONS:
        folder = options.models / f"translator-{direction.name}"
        train(direction, folder, options.steps)
        evaluate(direction, folder)


if __name__ == "__main__":
    main()
