"""Generation by torch: token ids in, token ids out."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, TypeAlias

import torch
from transformers import GenerationConfig

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.messages import Device
from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.network import Network
from indicsubs_indictrans2.shape import BOS, EOS, PAD, Shape

Precision: TypeAlias = Literal["float32", "float16", "bfloat16"]

EARLY_STOPPING = False
"""As upstream's example leaves it: a sentence's beams go on until none can beat the best ones. True
ends at the first ``beam_size`` finished hypotheses: a little faster, at times with other tokens."""


class TorchEngine:
    """A checkpoint on a device."""

    def __init__(self, network: Network) -> None:
        self._network = network

    @classmethod
    def load(cls, folder: Path, device: Device, precision: Precision) -> "TorchEngine":
        """Load a checkpoint.

        Raises:
            StageError: ``DEVICE`` if the machine has no such device or it cannot do the precision;
                ``MISSING_MODEL`` or ``BAD_INPUT`` as ``checkpoint.load_network``.
        """
        dtype: torch.dtype = getattr(torch, precision)
        check_device(device, dtype)
        return cls(load_network(folder, device, dtype))

    @property
    def shape(self) -> Shape:
        """Sizes of the network."""
        return self._network.config.shape

    @property
    def longest(self) -> int:
        """The most tokens of an output, with its start; one without an end was cut there."""
        return self.shape.max_target_positions

    def generate(self, batch: Sequence[Sequence[int]], beam_size: int) -> list[list[int]]:
        """Translate sources, each with its end, by beam search.

        Returns:
            The best hypothesis of each, from its first token to its end. The end is missing where
            the hypothesis was cut at ``longest``.

        Raises:
            StageError: ``OUT_OF_MEMORY``, when the device's memory ran out.
        """
        width = max(map(len, batch))
        ids = torch.tensor(
            [[*source, *[PAD] * (width - len(source))] for source in batch],
            device=self._network.device,
        )
        try:
            with torch.inference_mode():
                output = self._network.generate(
                    ids, attention_mask=ids.ne(PAD), generation_config=self._how(beam_size)
                )
        except torch.OutOfMemoryError as error:
            raise StageError(
                FailureCode.OUT_OF_MEMORY,
                f"The memory of {self._network.device} ran out with {len(batch)} sentences at once."
                " Give a smaller --batch-size.",
            ) from error
        return [_hypothesis(row) for row in output[:, 1:].tolist()]

    def _how(self, beam_size: int) -> GenerationConfig:
        # The folder's generation_config.json is not read: it has no max_length, and generation
        # would stop after 20 tokens.
        return GenerationConfig(
            num_beams=beam_size,
            max_length=self.longest,
            min_length=0,
            early_stopping=EARLY_STOPPING,
            do_sample=False,
            use_cache=True,
            bos_token_id=BOS,
            pad_token_id=PAD,
            eos_token_id=EOS,
            decoder_start_token_id=EOS,
        )


def check_device(device: Device, dtype: torch.dtype) -> None:
    """Make sure that a device is there and can multiply in a precision.

    Raises:
        StageError: ``DEVICE``.
    """
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present[device]:
        there = ", ".join(name for name, here in present.items() if here)
        raise StageError(
            FailureCode.DEVICE,
            f"This machine has no device {device} that torch {torch.__version__} can use. Give"
            f" --device with one of: {there}.",
        )
    try:
        one = torch.ones(1, 1, device=device, dtype=dtype)
        torch.mm(one, one).item()
    except (RuntimeError, TypeError) as error:
        raise StageError(
            FailureCode.DEVICE,
            f"The device {device} cannot compute in {dtype}: {error}. Give --device cpu.",
        ) from error


def _hypothesis(ids: list[int]) -> list[int]:
    """A row of the output up to its first end, without the padding behind it."""
    return ids[: ids.index(EOS) + 1] if EOS in ids else ids
