"""Greedy decoding by the transducer (RNN-T): a prediction network and a joint network.

It hears the encoder's output frame by frame and knows the pieces that it has emitted so far. The
prediction network and the joint network are run for each frame and piece, which takes little time
compared with the encoder.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from indicsubs_contract.errors import FailureCode, IndicsubsError
from indicsubs_indicconformer.acoustic_network import log_softmax
from indicsubs_indicconformer.checkpoint import PIECES, Checkpoint
from indicsubs_indicconformer.emitted import EmittedPiece, decoded_chunk
from indicsubs_networks.sessions import OnnxNetwork, Port
from indicsubs_recognition.decoded_chunk import DecodedChunk

_PREDICTION_INPUTS = (
    Port("targets", "int", 2),
    Port("target_length", "int", 1),
    Port("states.1", "float", 3),
    Port("onnx::Slice_3", "float", 3),
)
_PREDICTION_OUTPUTS = (
    Port("outputs", "float", 3),
    Port("prednet_lengths", "int", 1),
    Port("states", "float", 3),
    Port("162", "float", 3),
)
_PREDICTION = "assets/rnnt_decoder.onnx"
_JOINT_PARTS = (
    "assets/joint_enc.onnx",
    "assets/joint_pred.onnx",
    "assets/joint_pre_net.onnx",
    "assets/joint_post_net_{language}.onnx",
)


class Transducer:
    """The transducer of one language."""

    def __init__(self, checkpoint: Checkpoint, name: str, language: str, device: str) -> None:
        """Opens the networks.

        Args:
            checkpoint: The model.
            name: The model's name, for the error.
            language: IndicConformer's code.
            device: ``cpu`` or ``cuda``.

        Raises:
            IndicsubsError: ``MISSING_MODEL`` where the folder has no transducer.
            ValueError: A network has other inputs or outputs than IndicConformer's.
            RuntimeError: A file is damaged.
        """
        folder = checkpoint.folder
        joint_parts = [part.format(language=language) for part in _JOINT_PARTS]
        _check_files(folder, name, (_PREDICTION, *joint_parts))
        self._sizes = checkpoint.sizes
        self._pieces = checkpoint.pieces[language]
        self._prediction = OnnxNetwork(
            folder / _PREDICTION, device, _PREDICTION_INPUTS, _PREDICTION_OUTPUTS
        )
        self._encoder_side, self._prediction_side, self._joint, self._output = (
            OnnxNetwork(
                folder / part,
                device,
                (Port("input", "float", 3),),
                (Port("output", "float", 3),),
            )
            for part in joint_parts
        )

    def decode(self, encoded: npt.NDArray[np.float32], chunk_ms: int) -> DecodedChunk:
        """Returns the text and the words of one chunk; a piece has the frame of its emission.

        Args:
            encoded: The encoder's output, shape [frames, size] with at least one frame.
            chunk_ms: The length of the chunk.

        Raises:
            RuntimeError: The networks do not fit each other.
        """
        emitted: list[EmittedPiece] = []
        blanks: list[float] = []
        (frames,) = self._encoder_side.run(encoded[np.newaxis])
        empty = np.zeros(
            (self._sizes.prediction_layers, 1, self._sizes.prediction_size), np.float32
        )
        predicted, state = self._predict(self._sizes.start, (empty, empty))
        for frame in range(len(encoded)):
            for _ in range(self._sizes.symbols_per_frame):
                (joint,) = self._joint.run(frames[:, frame : frame + 1] + predicted)
                (scores,) = self._output.run(joint)
                probabilities = log_softmax(scores.reshape(-1))
                if probabilities.shape != (PIECES + 1,):
                    raise RuntimeError(f"the joint network gives {probabilities.size} scores")
                blanks.append(float(probabilities[PIECES]))
                best = int(probabilities.argmax())
                if best == PIECES:
                    break
                emitted.append(
                    EmittedPiece(
                        text=self._pieces[best],
                        start_frame=frame,
                        end_frame=frame + 1,
                        log_probability=float(probabilities[best]),
                    )
                )
                predicted, state = self._predict(best, state)
        return decoded_chunk(emitted, blanks, chunk_ms)

    def _predict(self, piece: int, state: tuple[Any, Any]) -> tuple[Any, tuple[Any, Any]]:
        """Returns the joint network's half of the prediction after a piece, and the new state."""
        outputs, _, *states = self._prediction.run(np.array([[piece]]), np.array([1]), *state)
        (predicted,) = self._prediction_side.run(outputs.transpose(0, 2, 1))
        return predicted, (states[0], states[1])


def _check_files(folder: Path, name: str, files: Sequence[str]) -> None:
    """Checks that a model's folder has the files of the transducer.

    Raises:
        IndicsubsError: ``MISSING_MODEL``.
    """
    for file in files:
        if not (folder / file).is_file():
            raise IndicsubsError(
                FailureCode.MISSING_MODEL,
                f"The model {name} has no transducer: {file} is not in {folder}. Give --decoding"
                " ctc, or name a model in the official layout.",
            )
