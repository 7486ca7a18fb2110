"""IndicTransToolkit's processor, kept away from its traps.

The processor normalises, tokenises, writes Indic scripts as Devanagari, and hides numbers,
addresses and the like behind placeholders that its second half brings back. Version 1.1.1 has
traps, each of them seen: a language code without ``_`` ends the process; placeholders wait in a
queue that both halves must walk in the same order, or the second hangs for ever; the normaliser of
nine scripts eats a digit or capital before a colon, and with it placeholders; some scripts' digits
are left alone.
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
"""What the normaliser's broken visarga rule leaves in place of a character and a colon."""
_RATIO = "\u2236"
"""Stands in for such a colon while the processor works."""


class Processing:
    """One batch of texts on its way to the model and back: :meth:`prepare`, then :meth:`finish`.

    Each instance has a processor, and so a queue of placeholders, of its own.
    """

    def __init__(self, source: str, target: str) -> None:
        """Prepare for a pair of FLORES tags.

        Raises:
            IndicsubsError: ``BAD_INPUT``, for a tag that indicsubs does not know.
        """
        for code in (source, target):
            if code not in _KNOWN:
                raise IndicsubsError(
                    FailureCode.BAD_INPUT,
                    f"{code!r} is no FLORES tag of a language that IndicTrans2 translates. Give one"
                    f" of: {', '.join(sorted(_KNOWN))}.",
                )
        self._source = source
        self._target = target
        self._processor = IndicProcessor(inference=True)
        self._waiting: int | None = None

    def prepare(self, texts: Sequence[str]) -> list[str]:
        """Make texts what the tokenizer expects, without the language tags in front.

        Raises:
            RuntimeError: called twice.
        """
        if self._waiting is not None:
            raise RuntimeError("a batch is prepared already")
        self._waiting = len(texts)
        return self._without_tags(self._processor, [self._guard(text) for text in texts])

    def finish(self, translations: Sequence[str]) -> list[str]:
        """Bring back script, placeholders and spacing of all prepared texts, in their order.

        Raises:
            RuntimeError: not as many as were prepared.
        """
        if self._waiting != len(translations):
            raise RuntimeError(f"{len(translations)} translations of {self._waiting} texts")
        self._waiting = None
        return self._processor.postprocess_batch(list(translations), lang=self._target)

    def _guard(self, text: str) -> str:
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
