r"""Expands the committed demo models to the layouts that the engines read, in ``models/demo``.

    UV_PROJECT_ENVIRONMENT=venv/whisperx uv run --no-sync --package indicsubs-whisperx \
        python -m demo.expand

``just setup`` runs it. Models that were expanded from the same files are not written again.
"""

import hashlib
import shutil
import tempfile
from pathlib import Path

COMPACT = Path(__file__).with_name("models")
EXPANDED = Path(__file__).parents[1] / "models" / "demo"
TRANSLATORS = ("translator-indic-en", "translator-en-indic", "translator-indic-indic")


def fingerprint() -> str:
    """Returns the digest of all files that the expanded models depend on."""
    digest = hashlib.sha256()
    scripts = Path(__file__).parent.glob("*.py")
    for path in sorted([*scripts, *(p for p in COMPACT.rglob("*") if p.is_file())]):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def main() -> None:
    """Writes all layouts to a temporary folder, then renames it."""
    stamp = EXPANDED / "made-from"
    digest = fingerprint()
    if stamp.is_file() and stamp.read_text() == digest:
        return
    # Imported only where needed: the engines take seconds to import.
    from demo import layouts
    from demo.expand_conformer import expand as expand_conformer
    from demo.expand_translator import expand as expand_translator

    EXPANDED.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=EXPANDED.parent, prefix=".demo-") as scratch:
        folder = Path(scratch) / "demo"
        huggingface = Path(scratch) / "huggingface"
        for name in ("recogniser-mlx", "aligner-hi"):
            (folder / name).mkdir(parents=True)
        model = layouts.whisper()
        layouts.save_huggingface(model, huggingface)
        layouts.save_ctranslate2(huggingface, folder / "recogniser-ctranslate2")
        layouts.save_mlx(model, folder / "recogniser-mlx")
        layouts.save_aligner(folder / "aligner-hi")
        for name in TRANSLATORS:
            expand_translator(COMPACT / name, folder / name)
        expand_conformer(COMPACT / "indicconformer", folder / "indicconformer")
        (folder / stamp.name).write_text(digest)
        shutil.rmtree(EXPANDED, ignore_errors=True)
        folder.rename(EXPANDED)
    print(f"The demo models are in {EXPANDED.relative_to(EXPANDED.parents[1])}.")


if __name__ == "__main__":
    main()
