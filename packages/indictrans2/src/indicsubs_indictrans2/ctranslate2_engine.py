"""Searches translations with CTranslate2, from token ids to token ids."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import ctranslate2
import torch

from indicsubs_contract.device_memory import is_out_of_memory
from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.messages.engine import ComputeType, Device
from indicsubs_indictrans2.ctranslate2_checkpoint import converted
from indicsubs_indictrans2.shape import Shape, read_shape
from indicsubs_indictrans2.torch_engine import LARGEST_BATCH, free_main_memory
from indicsubs_translation.hypotheses import Hypothesis

PATIENCE: Final = 3.0
"""The number of finished hypotheses that ends a search, divided by the number of beams. CTranslate2
has no rule like torch's ``early_stopping=False``, which continues until no unfinished hypothesis
can win. With 1 its search is torch's ``early_stopping=True``, which sometimes takes a short
hypothesis and loses words. With 3, all of 336 lines on the demo models with 5 beams were equal to
those of ``early_stopping=False``; with 2, 332 were; with 1, 286."""

CORES: Final = torch.get_num_threads()
"""The number of threads that torch chooses at its start: the cores, or OMP_NUM_THREADS."""


class CTranslate2Generator:
    """A converted checkpoint on a device.

    In float32 its greedy search gives the same tokens as ``TorchGenerator``; for beam search, see
    ``PATIENCE``.
    """

    def __init__(
        self,
        translator: ctranslate2.Translator,
        shape: Shape,
        compute_type: ComputeType,
        patience: float,
    ) -> None:
        self._translator = translator
        self._patience = patience
        self.shape = shape
        self.compute_type: ComputeType = compute_type
        self.workers = translator.num_translators
        self.largest_batch = LARGEST_BATCH["cpu" if translator.device == "cpu" else "gpu"]

    @classmethod
    def load(
        cls,
        folder: Path,
        fingerprint: str,
        device: Device,
        compute_type: ComputeType,
        cache: Path,
        patience: float = PATIENCE,
    ) -> "CTranslate2Generator":
        """Loads a checkpoint of the official layout, converting it if ``cache`` lacks it.

        Raises:
            IndicsubsError: ``DEVICE`` where CTranslate2 cannot use the device, or cannot compute in
                the number format on it; ``MISSING_MODEL`` or ``BAD_INPUT`` as
                ``checkpoint.load_network``; ``IO_ERROR`` where the converted model is damaged;
                ``OUT_OF_MEMORY``.
        """
        check_device(device, compute_type)
        shape = read_shape(folder)
        place = converted(folder, fingerprint, compute_type, cache)
        try:
            translator = ctranslate2.Translator(
                str(place),
                device=device,
                compute_type=compute_type,
                # One batch leaves cores idle between its matrix products, so each core gets batches
                # of its own.
                inter_threads=CORES if device == "cpu" else 1,
                intra_threads=1,
            )
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise _out_of_memory(device, "while the model was loaded") from error
            raise IndicsubsError(
                FailureCode.IO_ERROR,
                f"The converted model {place} does not load: {error}. Remove that folder; the next"
                " run converts the model again.",
            ) from error
        torch.set_num_threads(CORES)  # CTranslate2 has set the number for the whole process
        return cls(translator, shape, compute_type, patience)

    def free_bytes(self) -> int:
        """Returns the free memory of the device in bytes."""
        if self._translator.device == "cuda":
            return torch.cuda.mem_get_info()[0]
        return free_main_memory()

    def search(
        self, batch: Sequence[Sequence[int]], beam_size: int, hypotheses: int = 1
    ) -> list[list[Hypothesis]]:
        """Searches translations of sources; see ``generator.TokenGenerator``.

        Raises:
            IndicsubsError: ``OUT_OF_MEMORY``, where the device's memory ran out.
        """
        try:
            results = self._translator.translate_batch(
                [[str(number) for number in source] for source in batch],
                beam_size=beam_size,
                num_hypotheses=hypotheses,
                patience=self._patience,
                max_input_length=0,
                max_decoding_length=self.shape.max_target_positions - 1,  # without its start
                min_decoding_length=0,
                return_scores=True,
                return_end_token=True,
            )
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                raise _out_of_memory(
                    self._translator.device, f"with {len(batch)} sentences at once"
                ) from error
            raise
        return [
            [
                Hypothesis([int(token) for token in tokens], score)
                for tokens, score in zip(result.hypotheses, result.scores, strict=True)
            ]
            for result in results
        ]


def check_device(device: Device, compute_type: ComputeType) -> None:
    """Checks that CTranslate2 can compute in a number format on a device of this machine.

    Raises:
        IndicsubsError: ``DEVICE``, where it cannot.
    """
    if device == "mps":
        raise IndicsubsError(
            FailureCode.DEVICE,
            "CTranslate2 does not support Metal, so it cannot use the device mps. Give"
            " --translation-engine torch or --device cpu.",
        )
    if device == "cuda" and not ctranslate2.get_cuda_device_count():
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"This machine has no device cuda that CTranslate2 {ctranslate2.__version__} can use."
            " Give --device cpu.",
        )
    supported = ctranslate2.get_supported_compute_types(device)
    if compute_type not in supported:
        names = [name for name in ("float32", "float16", "bfloat16", "int8") if name in supported]
        raise IndicsubsError(
            FailureCode.DEVICE,
            f"CTranslate2 cannot compute in {compute_type} on the device {device}, only in"
            f" {', '.join(names)}. Choose one of these, or give --translation-engine torch.",
        )


def _out_of_memory(device: str, when: str) -> IndicsubsError:
    return IndicsubsError(
        FailureCode.OUT_OF_MEMORY,
        f"The memory of {device} ran out {when}. Give --batch-tokens with a smaller number, or"
        " --device cpu.",
    )
