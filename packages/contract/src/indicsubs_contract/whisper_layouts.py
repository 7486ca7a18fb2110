"""The layouts of Whisper models.

They are not in the table of engines, so that a new row of it does not change the digests of the
stages that convert such models.
"""

from indicsubs_contract.model_layout import TRANSFORMERS_WEIGHTS, ModelLayout

WHISPER_CTRANSLATE2 = ModelLayout(
    name="whisper-ctranslate2",
    description="a Whisper model in CTranslate2's layout",
    files=("config.json", "tokenizer.json"),
    weights=("model.bin",),
)
WHISPER_MLX = ModelLayout(
    name="whisper-mlx",
    description="a Whisper model in MLX's layout",
    files=("config.json",),
    weights=("weights.safetensors", "weights.npz"),
)
WHISPER_TRANSFORMERS = ModelLayout(
    name="whisper-transformers",
    description="a Whisper model in transformers' layout",
    files=("config.json",),
    tokenizers=("tokenizer.json", "vocab.json"),
    weights=TRANSFORMERS_WEIGHTS,
    model_type="whisper",
)
