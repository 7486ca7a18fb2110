"""The files that an engine expects of a model."""

from collections.abc import Iterable

import msgspec

TRANSFORMERS_WEIGHTS = (
    "model.safetensors",
    "model.safetensors.index.json",
    "pytorch_model.bin",
    "pytorch_model.bin.index.json",
)
"""The names that transformers gives to weights, in the order in which it looks for them."""


class ModelLayout(msgspec.Struct, frozen=True, kw_only=True):
    """The files that an engine expects in the folder of a model."""

    name: str
    """The key of the layout. Profiles name a model for each layout."""
    description: str
    """The description for people: "a Whisper model in CTranslate2's layout"."""
    files: tuple[str, ...]
    """The files that must all exist, besides the weights; paths in the model's folder."""
    weights: tuple[str, ...]
    """The files of which at least one must exist; never empty."""
    tokenizers: tuple[str, ...] = ()
    """The files of which at least one must exist too; empty where ``files`` are all."""
    model_type: str = ""
    """The ``model_type`` that ``config.json`` must name; empty where any will do."""
    patterns: tuple[str, ...] = ()
    """The patterns of the files to fetch from the hub; empty fetches all but the weights in other
    formats."""

    def missing_from(self, names: Iterable[str]) -> tuple[str, ...]:
        """Returns the files that a folder with these file names lacks.

        Where it has none of ``weights``, the first of them is returned too, and so for
        ``tokenizers``.

        >>> layout = ModelLayout(name="a", description="", files=("b.json",), weights=("c.bin",))
        >>> layout.missing_from(["b.json"])
        ('c.bin',)
        """
        present = set(names)
        choices = (self.tokenizers, self.weights)
        return (
            *(name for name in self.files if name not in present),
            *(some[0] for some in choices if some and not present.intersection(some)),
        )
