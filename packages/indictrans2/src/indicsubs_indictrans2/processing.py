"""Wraps IndicTransToolkit's processor and avoids its faults.

The processor normalises, tokenises, writes Indic scripts as Devanagari, and hides numbers,
addresses and similar text behind placeholders. After the translation, its second half restores
them. Version 1.1.1 has these faults, all of which occurred in trials: a language code without ``_``
ends the process; placeholders are in a queue that both halves must read in the same order, or the
second half never returns; the normaliser of nine scripts deletes a digit or a capital letter before
a colon, and placeholders with it; the digits of some scripts are not converted.
"""

import re
from collections.abc import Sequence

from IndicTransToolkit.processor import IndicProcessor

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_contract.flores import FLORES_CODES
from indicsubs_text.scripts import ascii_digits

_KNOWN = frozenset(FLORES_CODES.values())
"""The FLORES-200 codes of IndicTrans2's model cards."""
_EATEN = re.compile(r"\\1[\u0903\u0983\u0a03\u0a83\u0b03\u0b83\u0c03\u0c83\u0d03]")
"""The text that the normaliser's broken visarga rule writes for a character and a colon."""
_RATIO = "\u2236"
"""The sign that replaces such a colon while the processor works."""


class Processing:
    """Processes a batch of texts: :meth:`prepare` before the model, :meth:`finish` after it.

    Each instance has its own processor, and therefore its own queue of placeholders.
    """

    def __init__(self, source: str, target: str) -> None:
        """Creates a processor for a pair of FLORES-200 codes.

        Raises:
            IndicsubsError: ``BAD_INPUT``, for a code of a language that IndicTrans2 lacks.
        """
        for code in (source, target):
            if code not in _KNOWN:
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"{code!r} is not the FLORES-200 code of a language that IndicTrans2"
                    f" translates. Give one of: {', '.join(sorted(_KNOWN))}.",
                )
        self._source = source
        self._target = target
        self._processor = IndicProcessor(inference=True)
        self._waiting: int | None = None

    def prepare(self, texts: Sequence[str]) -> list[str]:
        """Returns the texts as the tokenizer expects them, without the language tags in front.

        Raises:
            RuntimeError: A batch was prepared before and is not finished.
        """
        if self._waiting is not None:
            raise RuntimeError("another batch is prepared and not finished")
        self._waiting = len(texts)
        return self._without_tags(self._processor, [self._guard(text) for text in texts])

    def finish(self, translations: Sequence[str]) -> list[str]:
        """Restores script, placeholders and spacing in the translations of all prepared texts.

        Args:
            translations: The model's outputs, in the order of the prepared texts.

        Raises:
            RuntimeError: There are more or fewer translations than prepared texts.
        """
        if self._waiting != len(translations):
            raise RuntimeError(f"{len(translations)} translations for {self._waiting} texts")
        self._waiting = None
        return self._processor.postprocess_batch(list(translations), lang=self._target)

    def _guard(self, text: str) -> str:
        """Replaces the digits and colons of a text that the processor cannot handle."""
        text = ascii_digits(text)
        if ":" in text:
            trial = IndicProcessor(inference=True)
            if _EATEN.search(self._without_tags(trial, [text])[0]):
                text = text.replace(":", _RATIO)
        return text

    def _without_tags(self, processor: IndicProcessor, texts: list[str]) -> list[str]:
        tagged = processor.preprocess_batch(texts, src_lang=self._source, tgt_lang=self._target)
        start = len(f"{self._source} {self._target} ")
        return [" ".join(text[start:].replace(_RATIO, " : ").split()) for text in tagged]
