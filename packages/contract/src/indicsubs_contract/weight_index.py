"""The file that names the parts of a model's weights, in the layout of Hugging Face's libraries."""

import msgspec


class WeightIndex(msgspec.Struct, frozen=True):
    """The content of ``model.safetensors.index.json``."""

    weight_map: dict[str, str] = {}
    """The file of each weight, by the weight's name."""
