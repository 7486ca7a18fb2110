"""Random checkpoints in the official layout, and the demo translators expanded to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from random_networks import make_network
from safetensors.torch import save_file
from sentencepiece import SentencePieceTrainer

from demo.expand_translator import expand
from indicsubs_indictrans2.generator import TokenGenerator
from indicsubs_indictrans2.translator import IndicTrans2
from indicsubs_translation.line_translation import translate_lines

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
TAGS = ["hin_Deva", "eng_Latn", "tam_Taml"]
DEMO = Path(__file__).parents[3] / "demo" / "models"
DEMO_COLUMNS = {"hin_Deva": 0, "eng_Latn": 1, "tam_Taml": 2}
"""Of the rows of ``demo_sentences``."""
DEMO_PAIRS = [
    ("indic-en", "hin_Deva", "eng_Latn"),
    ("en-indic", "eng_Latn", "hin_Deva"),
    ("en-indic", "eng_Latn", "tam_Taml"),
    ("indic-indic", "hin_Deva", "tam_Taml"),
]
"""IndicTrans2, source and target of all that the demo translates."""

SHAPES: list[dict[str, Any]] = [
    {},
    {"share_decoder_input_output_embed": True},
    {"layernorm_embedding": False, "scale_embedding": False},
    {
        "layernorm_embedding": False,
        "share_decoder_input_output_embed": True,
        "activation_function": "relu",
        "encoder_layers": 1,
        "decoder_layers": 4,
        "encoder_embed_dim": 48,
        "decoder_embed_dim": 48,
        "encoder_attention_heads": 4,
    },
]
"""Changes to the small shape: every switch of the architecture both ways, and odd sizes."""

Checkpoint = Callable[..., Path]


def best(engine: TokenGenerator, batch: list[list[int]], beam_size: int) -> list[list[int]]:
    """The best hypothesis of each source."""
    return [found[0].ids for found in engine.search(batch, beam_size)]


def translated(translator: IndicTrans2, lines: list[str], *pair: str, **how: Any) -> list[str]:
    """The lines' translations; Hindi to English unless a pair of FLORES tags is given."""
    attempts = translate_lines(translator, lines, *(pair or ("hin_Deva", "eng_Latn")), **how)
    return [attempt.text for attempt in attempts]


@pytest.fixture(scope="session")
def source_pieces(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SentencePiece model of a few Hindi words; a real one, of 46 pieces at most."""
    folder = tmp_path_factory.mktemp("pieces")
    words = "मैं तुम वह हम घर पानी रात दिन आज कल जाना आना ।"
    SentencePieceTrainer.train(
        sentence_iterator=iter([words, words[::-1]] * 20),
        model_prefix=str(folder / "model"),
        vocab_size=46,
        hard_vocab_limit=False,
        num_threads=1,
        minloglevel=2,
    )
    return folder / "model.model"


@pytest.fixture
def checkpoint(tmp_path: Path, source_pieces: Path) -> Checkpoint:
    """A function that writes a random checkpoint; its arguments change the shape."""

    def write(name: str = "model", seed: int = 0, **changes: Any) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        network = make_network(seed, **changes)
        shape = network.config.shape
        config = {
            "model_type": "IndicTrans",
            "auto_map": {
                "AutoConfig": "configuration_indictrans.IndicTransConfig",
                "AutoModelForSeq2SeqLM": "modeling_indictrans.IndicTransForConditionalGeneration",
            },
            **msgspec.to_builtins(shape),
        }
        (folder / "config.json").write_text(json.dumps(config))
        source = SPECIAL + TAGS + [f"▁{c}" for c in "मतवहघपरदआकज"] + list("मतवहघपरदआकजनिािीैं")
        numbers = {piece: i for i, piece in enumerate(dict.fromkeys(source))}
        (folder / "dict.SRC.json").write_text(json.dumps(numbers))
        target = SPECIAL + [f"▁{c}" for c in "abcdefghijklmnopqr"] + list("abcdefghijklmnopqr.")
        (folder / "dict.TGT.json").write_text(json.dumps({p: i for i, p in enumerate(target)}))
        for side in ("SRC", "TGT"):
            (folder / f"model.{side}").write_bytes(source_pieces.read_bytes())
        weights = {k: v.clone() for k, v in network.state_dict().items()}
        save_file(weights, folder / "model.safetensors")
        return folder

    return write


@pytest.fixture(scope="session")
def demo_translators(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Folders of the demo checkpoints in the official layout, by direction."""
    root = tmp_path_factory.mktemp("demo")
    names = ("indic-en", "en-indic", "indic-indic")
    for name in names:
        expand(DEMO / f"translator-{name}", root / name)
    return {name: root / name for name in names}


@pytest.fixture(scope="session")
def demo_sentences() -> list[tuple[str, str, str]]:
    """Hindi, English and Tamil of every demo sentence."""
    rows = (DEMO.parent / "sentences.tsv").read_text(encoding="utf-8").splitlines()[1:]
    return [tuple(row.split("\t")) for row in rows]  # type: ignore[misc]
