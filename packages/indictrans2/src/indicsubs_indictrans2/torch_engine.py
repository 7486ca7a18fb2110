"""Searches translations with torch, from token ids to token ids."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import torch
from transformers import GenerationConfig

from indicsubs_contract.device_memory import is_out_of_memory
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_indictrans2.checkpoint import load_network
from indicsubs_indictrans2.network import Network
from indicsubs_indictrans2.shape import BOS, EOS, PAD, Shape
from indicsubs_translation.hypotheses import Hypothesis

EARLY_STOPPING: Final = False
"""The value in upstream's example. False continues a search until no beam can become better than
the best hypotheses. True ends it at the first ``beam_size`` finished hypotheses, which is a little
faster and sometimes gives other tokens."""

LARGEST_BATCH: Final = {"cpu": 32, "gpu": 512}
"""The most sources in a batch, by kind of device. On a CPU, larger batches use more memory but are
not faster (docs/benchmarks.md)."""


class TorchGenerator:
    """A checkpoint on a device."""

    workers = 1
    """The number of concurrent searches: torch uses all cores, or the GPU, for one batch."""

    def __init__(self, network: Network, compute_type: ComputeType) -> None:
        self._network = network
        self.compute_type: ComputeType = compute_type
        self.largest_batch = LARGEST_BATCH["cpu" if network.device.type == "cpu" else "gpu"]

    @classmethod
    def load(cls, folder: Path, device: Device, compute_type: ComputeType) -> "TorchGenerator":
        """Loads a checkpoint.

        Raises:
            IndicsubsError: ``DEVICE`` where the machine lacks the device or the device cannot
                compute in the number format; ``MISSING_MODEL`` or ``BAD_INPUT`` as
                ``checkpoint.load_network``.
        """
        if compute_type == "int8":
            raise IndicsubsError(
                FailureCode.DEVICE,
                "The engine torch cannot compute in int8, only in float32, float16 and bfloat16."
                " Choose one of these, or give --translation-engine ctranslate2.",
            )
        dtype: torch.dtype = getattr(torch, compute_type)
        check_device(device, dtype)
        if device == "cuda":
            # Newer versions of torch would let cuDNN plan attention for each length, which takes
            # longer than the search (docs/decisions/0043).
            torch.backends.cuda.enable_cudnn_sdp(enabled=False)
        return cls(load_network(folder, device, dtype), compute_type)

    @property
    def shape(self) -> Shape:
        """The sizes of the network."""
        return self._network.config.shape

    @property
    def longest(self) -> int:
        """The most tokens of an output, including its start. Output without an end was cut off."""
        return self.shape.max_target_positions

    def free_bytes(self) -> int:
        """Returns the free memory of the device in bytes."""
        if self._network.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self._network.device)
            unused = torch.cuda.memory_reserved() - torch.cuda.memory_allocated()
            return free + unused
        if self._network.device.type == "mps":
            return torch.mps.recommended_max_memory() - torch.mps.driver_allocated_memory()
        return free_main_memory()

    def search(
        self, batch: Sequence[Sequence[int]], beam_size: int, hypotheses: int = 1
    ) -> list[list[Hypothesis]]:
        """Searches translations of sources; see ``generator.TokenGenerator``.

        Raises:
            IndicsubsError: ``OUT_OF_MEMORY``, where the device's memory ran out.
        """
        width = max(map(len, batch))
        ids = torch.tensor(
            [[*source, *[PAD] * (width - len(source))] for source in batch],
            device=self._network.device,
        )
        try:
            with torch.inference_mode():
                output = self._network.generate(
                    ids,
                    attention_mask=ids.ne(PAD),
                    generation_config=self._generation_config(beam_size, hypotheses),
                )
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise IndicsubsError(
                FailureCode.OUT_OF_MEMORY,
                f"The memory of {self._network.device} ran out with {len(batch)} sentences at once."
                " Give --batch-tokens with a smaller number than"
                f" {len(batch) * width}, or --device cpu.",
            ) from error
        rows = [_without_padding(row) for row in output[:, 1:].tolist()]
        beam_scores = self._network.beam_scores[:, :hypotheses]
        scores = [0.0] * len(rows) if beam_size == 1 else beam_scores.flatten().tolist()
        found = [Hypothesis(ids, score) for ids, score in zip(rows, scores, strict=True)]
        return [found[k : k + hypotheses] for k in range(0, len(found), hypotheses)]

    def _generation_config(self, beam_size: int, hypotheses: int) -> GenerationConfig:
        # The folder's generation_config.json is not read: it has no max_length, and generation
        # would stop after 20 tokens.
        return GenerationConfig(
            num_beams=beam_size,
            num_return_sequences=hypotheses,
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


def free_main_memory() -> int:
    """Returns the bytes of main memory that programs can use without swapping."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    except FileNotFoundError:  # macOS reports the whole memory, not the free one
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    fields = dict(line.split(":") for line in lines)
    return int(fields["MemAvailable"].split()[0]) * 1024


def check_device(device: Device, dtype: torch.dtype) -> None:
    """Checks that this machine has a device, and that it can multiply in a number format.

    Raises:
        IndicsubsError: ``DEVICE``, where the device is absent or cannot do so.
    """
    present = {
        "cpu": True,
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
    }
    if not present[device]:
        devices = ", ".join(name for name, is_present in present.items() if is_present)
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"This machine has no device {device} that torch {torch.__version__} can use. Give"
            f" --device with one of: {devices}.",
        )
    try:
        one = torch.ones(1, 1, device=device, dtype=dtype)
        torch.mm(one, one).item()
    except (RuntimeError, TypeError) as error:
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"The device {device} cannot compute in {dtype}: {error}. Give --device cpu.",
        ) from error


def _without_padding(ids: list[int]) -> list[int]:
    """Returns a row of the output up to its first end token, without the padding after it."""
    return ids[: ids.index(EOS) + 1] if EOS in ids else ids
