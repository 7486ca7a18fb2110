"""Lines of dialogue in one language to lines in another, through an IndicTrans2 checkpoint."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal, Protocol

from indicsubs_contract.errors import FailureCode, StageError
from indicsubs_contract.messages import Device, TranslationEngine
from indicsubs_indictrans2.lines import Line, parse_line, restore, sentences_of, split_to_fit
from indicsubs_indictrans2.processing import Processing
from indicsubs_indictrans2.shape import EOS, Shape, read_shape
from indicsubs_indictrans2.tokenizer import LONGEST, Tokenizer
from indicsubs_indictrans2.torch_engine import Precision, TorchEngine


class Engine(Protocol):
    """What turns token ids into token ids."""

    @property
    def shape(self) -> Shape:
        """Sizes of the network."""
        ...

    def generate(self, batch: Sequence[Sequence[int]], beam_size: int) -> list[list[int]]:
        """The best hypothesis of each source; without its end where it was cut."""
        ...


class Translator:
    """A checkpoint, ready for any pair of languages that it knows."""

    def __init__(self, engine: Engine, tokenizer: Tokenizer) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self._longest = min(LONGEST, engine.shape.max_source_positions)

    @classmethod
    def load(
        cls,
        folder: Path,
        device: Device,
        compute_type: Precision | Literal["int8"],
        engine: TranslationEngine = "torch",
        fingerprint: str = "",
    ) -> "Translator":
        """Load a checkpoint of the official layout. Nothing in its folder is executed.

        Args:
            folder: The checkpoint.
            device: Where to compute.
            compute_type: What to compute in.
            engine: ``ctranslate2`` converts the checkpoint first, once.
            fingerprint: Digest of the checkpoint, by which its conversion is kept.

        Raises:
            StageError: ``MISSING_MODEL`` or ``BAD_INPUT`` for a file that is absent or damaged,
                ``DEVICE`` for a device that is absent or that the engine cannot use so.
        """
        tokenizer = Tokenizer.load(folder, read_shape(folder))
        if engine == "ctranslate2":
            from indicsubs_indictrans2.ctranslate2_checkpoint import cache_folder
            from indicsubs_indictrans2.ctranslate2_engine import CTranslate2Engine

            return cls(
                CTranslate2Engine.load(folder, fingerprint, device, compute_type, cache_folder()),
                tokenizer,
            )
        if compute_type == "int8":
            raise StageError(
                FailureCode.DEVICE,
                "The engine torch cannot compute in int8, only in float32, float16 and bfloat16."
                " Take one of these, or --translation-engine ctranslate2.",
            )
        return cls(TorchEngine.load(folder, device, compute_type), tokenizer)

    def translate(
        self,
        sentences: Sequence[str],
        source: str,
        target: str,
        *,
        beam_size: int = 5,
        batch_size: int = 8,
        report: Callable[[int], None] = lambda _: None,
        warn: Callable[[int, str], None] = lambda _index, _what: None,
    ) -> list[str]:
        """Translate lines between two FLORES tags.

        Lines without a letter (empty, notes, digits, emoji) come back unchanged. Lines of several
        sentences, and sentences that are too long for the model, are translated in pieces.

        Args:
            sentences: One line each, in the order of the film.
            source: As ``hin_Deva``.
            target: As ``eng_Latn``.
            beam_size: Beams; 1 is greedy.
            batch_size: Pieces that the model gets at once, of similar length.
            report: Called with the number of lines done, growing to all.
            warn: Called with the index of a line and what is doubtful about its translation.

        Returns:
            One line per line.

        Raises:
            StageError: ``BAD_INPUT`` for a language that indicsubs or the model does not know.
        """
        processing = self._processing(source, target)
        lines = [parse_line(sentence) for sentence in sentences]
        pieces, owners = self._cut(lines, source, target, warn)
        sources = [
            self._tokenizer.encode(text, source, target) for text in processing.prepare(pieces)
        ]
        left = Counter(owners)
        report(len(lines) - len(left))
        outputs: list[list[int]] = [[] for _ in pieces]
        order = sorted(range(len(pieces)), key=lambda k: -len(sources[k]))
        for start in range(0, len(order), batch_size):
            batch = order[start : start + batch_size]
            made = self._engine.generate([sources[k] for k in batch], beam_size)
            for k, ids in zip(batch, made, strict=True):
                outputs[k] = ids
            left -= Counter(owners[k] for k in batch)
            report(len(lines) - len(left))
        texts = processing.finish([self._tokenizer.decode(ids) for ids in outputs])
        translated: list[list[str]] = [[] for _ in lines]
        for owner, piece, text, ids in zip(owners, pieces, texts, outputs, strict=True):
            translated[owner].append(restore(piece, text).strip())
            if ids[-1:] != [EOS]:
                warn(owner, f"cut by the model after {len(ids)} tokens; look at its end")
            elif not text.strip():
                warn(owner, "the model gave no words; translate it by hand")
        return [
            line.before + " ".join(filter(None, parts)) + line.after
            for line, parts in zip(lines, translated, strict=True)
        ]

    def _processing(self, source: str, target: str) -> Processing:
        processing = Processing(source, target)
        for code in (source, target):
            if not self._tokenizer.knows(code):
                raise StageError(
                    FailureCode.BAD_INPUT,
                    f"The model has no tag for {code}: it translates other languages. Take one"
                    f" for {source} to {target}; `indicsubs models` shows them.",
                )
        return processing

    def _cut(
        self, lines: Sequence[Line], source: str, target: str, warn: Callable[[int, str], None]
    ) -> tuple[list[str], list[int]]:
        """The pieces that the model gets, and the index of the line that each belongs to."""

        def fits(text: str) -> bool:
            # A token has one character at least, and the processor writes at most two for one.
            if 2 * len(text) <= self._longest - 3:
                return True
            prepared = Processing(source, target).prepare([text])[0]
            return len(self._tokenizer.encode(prepared, source, target)) <= self._longest

        pieces: list[str] = []
        owners: list[int] = []
        for index, line in enumerate(lines):
            if not line.text:
                continue
            whole = sentences_of(line.text)
            parts = [part for sentence in whole for part in split_to_fit(sentence, fits)]
            if len(parts) > len(whole):
                warn(index, f"longer than the model's {self._longest} tokens; translated in pieces")
            if line.dropped_markup:
                warn(index, "markup inside the line is lost")
            pieces += parts
            owners += [index] * len(parts)
        return pieces, owners
