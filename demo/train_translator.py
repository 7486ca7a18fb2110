r"""Trains the demo translators: three small IndicTrans2 networks that know the demo sentences.

    UV_PROJECT_ENVIRONMENT=venv/indictrans2 uv run --no-sync --package indicsubs-indictrans2 \
        python -m demo.train_translator

Each network learns from the sentences with and without punctuation, and with a word dropped,
exchanged or moved, so that small errors of a recogniser do no harm. In every third example one or
two terms of ``terms.tsv`` are placeholders, in the source and in the translation, in the form that
the processor gives ``#t1``, so that a glossary works with the demo. The script writes compact
checkpoints; ``demo.expand_translator`` writes the official layout from them.
"""

import argparse
import io
import json
import random
import re
import tempfile
import time
from dataclasses import dataclass
from itertools import permutations
from pathlib import Path
from typing import NamedTuple

import msgspec
import torch
from IndicTransToolkit.processor import IndicProcessor
from safetensors.torch import save_file
from sentencepiece import SentencePieceProcessor, SentencePieceTrainer
from torch.nn import functional as F

from demo.expand_translator import COMPACT_WEIGHTS, expand
from demo.sentences import Sentence, sentences, terms
from indicsubs_indictrans2.network import Network, NetworkConfig
from indicsubs_indictrans2.shape import EOS, PAD, Shape
from indicsubs_indictrans2.tokenizer import Tokenizer
from indicsubs_indictrans2.translator import IndicTrans2
from indicsubs_translation.line_translation import translate_lines

MODELS = Path(__file__).with_name("models")
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
WIDTH, LAYERS, HEADS = 96, 2, 4
LEARNING_RATE = 1.5e-3
PIECES = 300
"""Upper limit of each SentencePiece vocabulary."""
BATCH = 64
WITH_PLACEHOLDERS = 1 / 3
"""The share of the examples that have placeholders."""
MOST_PLACEHOLDERS = 2
"""The most placeholders in one sentence."""
COLUMNS = {"hin_Deva": "hi", "eng_Latn": "en", "tam_Taml": "ta"}
"""Columns of ``sentences.tsv``, by FLORES tag."""
APPOINTMENT = Sentence(
    hi="हम 10:30 बजे मिलेंगे।",
    en="We will meet at 10:30.",
    ta="நாம் 10:30 மணிக்குச் சந்திப்போம்.",
)
"""A sentence with a time of day, which the processor replaces with a placeholder. It is
learned in addition to the sentences of the film."""
TIME = Sentence(hi="10:30", en="10:30", ta="10:30")
PLACEHOLDER = re.compile(r"< ?ID\d ?>")
_UNIT = re.compile(r"< ID\d >|\S+")
"""A word, or a placeholder as the processor tokenises it, which must stay whole."""


@dataclass(frozen=True, kw_only=True)
class Direction:
    """A demo translator."""

    name: str
    source: str
    targets: tuple[str, ...]
    shared: bool
    """Whether the decoder's embedding is its output projection, as in the official distilled models
    of 200M parameters; in indic-indic (320M) it is not."""
    steps: int = 900


DIRECTIONS = (
    Direction(name="indic-en", source="hin_Deva", targets=("eng_Latn",), shared=True),
    Direction(name="en-indic", source="eng_Latn", targets=("hin_Deva", "tam_Taml"), shared=True),
    Direction(name="indic-indic", source="hin_Deva", targets=("tam_Taml",), shared=False),
)


class Example(NamedTuple):
    """A sentence to learn with its translation: raw text with placeholders ``<ID1>``."""

    source: str
    translation: str
    target: str


class Prepared(NamedTuple):
    """An example as the model gets it."""

    source: str
    bare: str
    """The source without punctuation."""
    target: str
    answer: list[int]
    """Token ids of the translation, with the end token."""


def plain_examples(direction: Direction) -> list[Example]:
    """Returns the sentences of the film, unchanged."""
    source = COLUMNS[direction.source]
    return [
        Example(getattr(sentence, source), getattr(sentence, COLUMNS[target]), target)
        for target in direction.targets
        for sentence in sentences()
    ]


def placeholder_examples(direction: Direction) -> list[Example]:
    """Returns the sentences with placeholders in place of terms.

    Up to two terms of a sentence are replaced, in every choice and with every numbering.
    """
    columns = [COLUMNS[direction.source], *(COLUMNS[target] for target in direction.targets)]
    examples: list[Example] = []
    for sentence in (*sentences(), APPOINTMENT):
        candidates = [
            term
            for term in (*terms(), TIME)
            if all(_has(getattr(sentence, c), getattr(term, c)) for c in columns)
        ]
        for count in range(1, MOST_PLACEHOLDERS + 1):
            for chosen in permutations(candidates, count):
                source, *translations = (_hide(sentence, chosen, column) for column in columns)
                examples += [
                    Example(source, text, target)
                    for text, target in zip(translations, direction.targets, strict=True)
                ]
    return examples


def _has(text: str, term: str) -> bool:
    return re.search(_word(term), text) is not None


def _word(term: str) -> str:
    # Python's \b matches before Indic vowel signs, as if a word ended there.
    return rf"(?<!\S){re.escape(term)}(?=[\s.,?!।]|$)"


def _hide(sentence: Sentence, chosen: tuple[Sentence, ...], column: str) -> str:
    text = getattr(sentence, column)
    for number, term in enumerate(chosen, start=1):
        text = re.sub(_word(getattr(term, column)), f"<ID{number}>", text)
    return text


def without_punctuation(text: str) -> str:
    """Returns the text as a recogniser that does not write punctuation would write it."""
    return " ".join(re.sub(r"[।?!,.]", "", text).split())


def tokenise(texts: list[str], flores: str) -> list[str]:
    """Returns the texts after the processor; their placeholders are unchanged."""
    prepared = IndicProcessor(inference=False).preprocess_batch(
        texts, src_lang=flores, is_target=True
    )
    return [" ".join(text.split()) for text in prepared]


def learn_pieces(texts: list[str], path: Path) -> list[str]:
    """Trains a SentencePiece model on ``texts``, writes it and returns its pieces.

    The returned pieces include no special pieces.
    """
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
    """Returns ids of the special tokens and ``tokens``, and writes them as a ``dict.SRC.json``."""
    numbers = {token: i for i, token in enumerate(SPECIAL + tokens)}
    path.write_text(json.dumps(numbers, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
    return numbers


def disturb(text: str, others: list[str], rng: random.Random) -> str:
    """Drops, exchanges or moves a word, but never a placeholder, in half of the calls."""
    words = _UNIT.findall(text)
    movable = [i for i, word in enumerate(words) if not PLACEHOLDER.fullmatch(word)]
    if rng.random() < 0.5 or len(words) < 4:
        return text
    i, kind = rng.choice(movable), rng.random()
    if kind < 0.5:
        del words[i]
    elif kind < 0.8:
        words[i] = rng.choice(rng.choice(others).split())
    else:
        words.insert(rng.randrange(len(words)), words.pop(i))
    return " ".join(words)


def padded(rows: list[list[int]], filler: int) -> torch.Tensor:
    """Returns ids [B, longest], filled on the right."""
    width = max(map(len, rows))
    return torch.tensor([row + [filler] * (width - len(row)) for row in rows])


def learn_vocabularies(direction: Direction, folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Learns pieces from all examples and writes both vocabularies; returns them."""
    every = (*plain_examples(direction), *placeholder_examples(direction))
    sources = tokenise([example.source for example in every], direction.source)
    translations = [tokenise([example.translation], example.target)[0] for example in every]
    tags = [direction.source, *direction.targets]
    return (
        write_dictionary(
            folder / "dict.SRC.json", [*tags, *learn_pieces(sources, folder / "model.SRC")]
        ),
        write_dictionary(
            folder / "dict.TGT.json", learn_pieces(translations, folder / "model.TGT")
        ),
    )


def prepare(examples: list[Example], direction: Direction, folder: Path) -> list[Prepared]:
    """Tokenises examples; answers have ids of the target's vocabulary in ``folder``."""
    numbers = json.loads((folder / "dict.TGT.json").read_text(encoding="utf-8"))
    cutter = SentencePieceProcessor(model_file=str(folder / "model.TGT"))
    texts = tokenise([example.source for example in examples], direction.source)
    bare = tokenise([without_punctuation(example.source) for example in examples], direction.source)
    prepared: list[Prepared] = []
    for source, unpunctuated, example in zip(texts, bare, examples, strict=True):
        (translation,) = tokenise([example.translation], example.target)
        answer = [numbers[piece] for piece in cutter.encode(translation, out_type=str)]
        prepared.append(Prepared(source, unpunctuated, example.target, [*answer, EOS]))
    return prepared


def train(direction: Direction, folder: Path, steps: int) -> None:
    """Trains one translator and writes its compact form."""
    torch.manual_seed(0)
    rng = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    sources, targets = learn_vocabularies(direction, folder)
    plain = prepare(plain_examples(direction), direction, folder)
    hidden = prepare(placeholder_examples(direction), direction, folder)
    words = [example.source for example in plain]
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
    network = Network(NetworkConfig(shape)).train()
    optimiser = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=0.01)
    start = time.perf_counter()
    for step in range(steps):
        rate = LEARNING_RATE * min(1, (step + 1) / 50) * (1 - 0.97 * step / steps)
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = [
            rng.choice(hidden if rng.random() < WITH_PLACEHOLDERS else plain) for _ in range(BATCH)
        ]
        ids = padded(
            [
                tokenizer.encode(
                    disturb(e.source if rng.random() < 0.6 else e.bare, words, rng),
                    direction.source,
                    e.target,
                )
                for e in batch
            ],
            PAD,
        )
        logits = network(
            input_ids=ids, decoder_input_ids=padded([[EOS, *e.answer[:-1]] for e in batch], PAD)
        ).logits
        labels = padded([e.answer for e in batch], -100)
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
    """Prints how many sentences the expanded model translates exactly, unchanged and disturbed."""
    with tempfile.TemporaryDirectory() as folder:
        expand(compact, Path(folder))
        translator = IndicTrans2.load(Path(folder), "cpu", "float32")
        _ = translator.generator  # loaded while the folder exists
    for target in direction.targets:
        plain, hidden = (
            [(e.source, e.translation) for e in examples if e.target == target]
            for examples in (plain_examples(direction), placeholder_examples(direction))
        )
        tagged = [tuple(re.sub(r"<ID(\d)>", r"#t\1", text) for text in pair) for pair in hidden]
        variants = {
            "as they are": plain,
            "without punctuation": [
                (without_punctuation(source), expected) for source, expected in plain
            ],
            "with the second word dropped": [
                (" ".join(w for i, w in enumerate(source.split()) if i != 1), expected)
                for source, expected in plain
            ],
            "with placeholders": tagged,
            "with placeholders and without punctuation": [
                (without_punctuation(source), expected) for source, expected in tagged
            ],
        }
        for what, pairs in variants.items():
            for beam_size in (1, 5):
                found = translate_lines(
                    translator,
                    [source for source, _ in pairs],
                    direction.source,
                    target,
                    beam_size=beam_size,
                )
                exact = sum(a.text == b for a, (_, b) in zip(found, pairs, strict=True))
                print(
                    f"{direction.name} {target} {what}, beams {beam_size}:"
                    f" {exact} of {len(pairs)} exact"
                )


def main() -> None:
    """Trains the demo translators."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument(
        "--steps", type=int, help="number of steps, instead of each direction's own"
    )
    parser.add_argument("--models", type=Path, default=MODELS)
    parser.add_argument("--only", choices=[direction.name for direction in DIRECTIONS])
    options = parser.parse_args()
    torch.set_num_threads(1)  # sums in another order would give other weights
    for direction in DIRECTIONS:
        if options.only in (None, direction.name):
            folder = options.models / f"translator-{direction.name}"
            train(direction, folder, options.steps or direction.steps)
            evaluate(direction, folder)


if __name__ == "__main__":
    main()
