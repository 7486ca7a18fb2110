r"""Expand the committed demo models to the layouts that the engines read, under ``models/demo``.

    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.expand

``just setup`` calls it. What is already expanded from the same files is left alone.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

COMPACT = Path(__file__).with_name("models")
EXPANDED = Path(__file__).parents[1] / "models" / "demo"
TRANSLATORS = ("translator-indic-en", "translator-en-indic", "translator-indic-indic")


def fingerprint() -> str:
    """Digest of all that the expanded models are made from."""
    digest = hashlib.sha256()
    scripts = Path(__file__).parent.glob("*.py")
    for path in sorted([*scripts, *(p for p in COMPACT.rglob("*") if p.is_file())]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Make every layout in a folder beside its place, then put it there whole."""
    stamp = EXPANDED / "made-from"
    made_from = fingerprint()
    if stamp.is_file() and stamp.read_text() == made_from:
        return
    # Not before it is known that there is work: the engines take seconds to import.
    from demo import layouts
    from demo.expand_translator import expand as expand_translator

    EXPANDED.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=EXPANDED.parent, prefix=".demo-") as scratch:
        made = Path(scratch) / "demo"
        huggingface = Path(scratch) / "huggingface"
        for name in ("recogniser-mlx", "aligner-hi"):
            (made / name).mkdir(parents=True)
        model = layouts.whisper()
        layouts.save_huggingface(model, huggingface)
        layouts.save_ctranslate2(huggingface, made / "recogniser-ctranslate2")
        layouts.save_mlx(model, made / "recogniser-mlx")
        layouts.save_aligner(made / "aligner-hi")
        for name in TRANSLATORS:
            expand_translator(COMPACT / name, made / name)
        (made / stamp.name).write_text(made_from)
        shutil.rmtree(EXPANDED, ignore_errors=True)
        made.rename(EXPANDED)
    print(f"The demo models are in {EXPANDED.relative_to(EXPANDED.parents[1])}.")


if __name__ == "__main__":
    main()
