"""The demo IndicConformer: a FastConformer encoder with a CTC and an RNN-T decoder.

The parts are cut where the official model is cut into ONNX graphs, and take and return the same
shapes. One output frame is 80 ms: frame k of the encoder begins at mel frame 8 k.
"""

import math

import torch
from torch import nn
from torch.nn import functional as F

from demo.conformer_features import BANDS
from demo.pieces import LANGUAGES, SIZE

WIDTH, BLOCKS, HEADS, KERNEL, INNER = 128, 3, 4, 9, 256
CHANNELS = 40
"""Of the convolutions that subsample."""
HIDDEN, LAYERS = 64, 2
"""Of the prediction network; the joint network has the same width."""
BLANK = SIZE
"""The blank among the 257 scores of one language."""
START = len(LANGUAGES) * SIZE
"""The id that begins the prediction network's input, and the blank among the columns of CTC."""
REACH = 48
"""Attention does not distinguish distances beyond this many frames."""
SUBSAMPLING = 8
DROPOUT = 0.05


def halved(length: torch.Tensor) -> torch.Tensor:
    """Returns the length after one convolution with kernel 3, stride 2 and padding 1."""
    return torch.div(length - 1, 2, rounding_mode="floor") + 1


class Subsampling(nn.Module):
    """Three convolutions of stride 2; the second and the third are depthwise-separable."""

    def __init__(self) -> None:
        super().__init__()
        stride = {"kernel_size": 3, "stride": 2, "padding": 1}
        self.first = nn.Conv2d(1, CHANNELS, **stride)
        self.depthwise = nn.ModuleList(
            nn.Conv2d(CHANNELS, CHANNELS, groups=CHANNELS, **stride) for _ in range(2)
        )
        self.pointwise = nn.ModuleList(nn.Conv2d(CHANNELS, CHANNELS, 1) for _ in range(2))
        self.out = nn.Linear(CHANNELS * BANDS // SUBSAMPLING, WIDTH)

    def forward(self, mel: torch.Tensor, length: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns [B, T / 8, d] and the lengths in frames, from [B, 80, T] and its lengths."""
        x = mel.transpose(1, 2)[:, None]  # [B, 1, T, 80]
        x = F.relu(self.first(x * _inside(x, length)))
        length = halved(length)
        for depthwise, pointwise in zip(self.depthwise, self.pointwise, strict=True):
            x = F.relu(pointwise(depthwise(x * _inside(x, length))))
            length = halved(length)
        return self.out(x.transpose(1, 2).flatten(2)), length


def _inside(x: torch.Tensor, length: torch.Tensor) -> torch.Tensor:
    """Returns 1.0 for the frames of [B, C, T, F] that are inside the lengths, else 0.0."""
    frames = torch.arange(x.shape[2], device=x.device)
    return (frames[None] < length[:, None])[:, None, :, None].to(x.dtype)


class Attention(nn.Module):
    """Self-attention by content and by relative position, as in Transformer-XL."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.position = nn.Linear(WIDTH, WIDTH, bias=False)
        self.content_bias = nn.Parameter(torch.zeros(HEADS, 1, WIDTH // HEADS))
        self.position_bias = nn.Parameter(torch.zeros(HEADS, 1, WIDTH // HEADS))

    def forward(
        self, x: torch.Tensor, positions: torch.Tensor, padding: torch.Tensor
    ) -> torch.Tensor:
        """Returns [B, T, d]; ``positions`` is [2 T - 1, d], ``padding`` bool [B, T]."""
        batch, frames = x.shape[0], x.shape[1]
        heads = lambda y: y.view(batch, frames, HEADS, WIDTH // HEADS).transpose(1, 2)  # noqa: E731
        query, key, value = heads(self.query(x)), heads(self.key(x)), heads(self.value(x))
        relative = self.position(positions).view(-1, HEADS, WIDTH // HEADS).permute(1, 2, 0)
        by_content = (query + self.content_bias) @ key.transpose(2, 3)
        by_position = (query + self.position_bias) @ relative  # [B, H, T, 2 T - 1]
        # Row i needs the distances i - j: the columns of each row are shifted by one.
        shifted = F.pad(by_position, (1, 0)).view(batch, HEADS, 2 * frames, frames)
        by_position = shifted[:, :, 1:].reshape(batch, HEADS, frames, 2 * frames - 1)
        scores = (by_content + by_position[..., :frames]) / math.sqrt(WIDTH // HEADS)
        weights = scores.masked_fill(padding[:, None, None], -1e4).softmax(-1)
        return self.out((weights @ value).transpose(1, 2).reshape(batch, frames, WIDTH))


class Convolution(nn.Module):
    """The convolution module: gated, depthwise over time."""

    def __init__(self) -> None:
        super().__init__()
        self.gated = nn.Linear(WIDTH, 2 * WIDTH)
        self.depthwise = nn.Conv1d(WIDTH, WIDTH, KERNEL, padding=KERNEL // 2, groups=WIDTH)
        self.norm = nn.LayerNorm(WIDTH)
        self.out = nn.Linear(WIDTH, WIDTH)

    def forward(self, x: torch.Tensor, padding: torch.Tensor) -> torch.Tensor:
        """Returns [B, T, d]."""
        x = F.glu(self.gated(x), -1).masked_fill(padding[..., None], 0.0)
        x = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        return self.out(F.silu(self.norm(x)))


class Block(nn.Module):
    """A Conformer block: half a feed-forward layer, attention, convolution, the other half."""

    def __init__(self) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(5))
        self.first = self._feed_forward()
        self.attention = Attention()
        self.convolution = Convolution()
        self.second = self._feed_forward()
        self.dropout = nn.Dropout(DROPOUT)

    @staticmethod
    def _feed_forward() -> nn.Sequential:
        return nn.Sequential(nn.Linear(WIDTH, INNER), nn.SiLU(), nn.Linear(INNER, WIDTH))

    def forward(
        self, x: torch.Tensor, positions: torch.Tensor, padding: torch.Tensor
    ) -> torch.Tensor:
        """Returns [B, T, d]."""
        x = x + 0.5 * self.dropout(self.first(self.norms[0](x)))
        x = x + self.dropout(self.attention(self.norms[1](x), positions, padding))
        x = x + self.dropout(self.convolution(self.norms[2](x), padding))
        x = x + 0.5 * self.dropout(self.second(self.norms[3](x)))
        return self.norms[4](x)


class Encoder(nn.Module):
    """The graph ``encoder.onnx``."""

    def __init__(self) -> None:
        super().__init__()
        self.subsampling = Subsampling()
        self.blocks = nn.ModuleList(Block() for _ in range(BLOCKS))

    def forward(
        self, audio_signal: torch.Tensor, length: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Returns float32 [B, d, T / 8] and int64 [B], the valid frames.

        Args:
            audio_signal: Float32 [B, 80, T], see :func:`demo.conformer_features.log_mel`.
            length: Int64 [B], the valid mel frames.
        """
        x, length = self.subsampling(audio_signal, length)
        frames = torch.arange(x.shape[1], device=x.device)
        padding = frames[None] >= length[:, None]
        positions = _sinusoids(x.shape[1], x.device)
        for block in self.blocks:
            x = block(x, positions, padding)
        return x.transpose(1, 2), length


def _sinusoids(frames: int, device: torch.device) -> torch.Tensor:
    """Returns [2 T - 1, d] for the distances T - 1 to 1 - T, limited to ``REACH``."""
    distance = torch.arange(2 * frames - 1, device=device) - (frames - 1)
    distance = -distance.clamp(-REACH, REACH).float()[:, None]
    rates = torch.exp(torch.arange(0, WIDTH, 2, device=device) * (-math.log(10000.0) / WIDTH))
    return torch.cat([torch.sin(distance * rates), torch.cos(distance * rates)], -1)


class CtcDecoder(nn.Module):
    """The graph ``ctc_decoder.onnx``."""

    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(WIDTH, START + 1)

    def forward(self, encoder_output: torch.Tensor) -> torch.Tensor:
        """Returns [B, T, L * 256 + 1] scores from [B, d, T]; the blank is last."""
        return self.out(encoder_output.transpose(1, 2))


class PredictionNetwork(nn.Module):
    """The graph ``rnnt_decoder.onnx``: what was written so far.

    It reads ids within a language (0-255); ``START`` comes first and is a zero vector.
    """

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(START + 1, HIDDEN, padding_idx=START)
        self.lstm = nn.LSTM(HIDDEN, HIDDEN, LAYERS)

    def forward(
        self,
        targets: torch.Tensor,
        target_length: torch.Tensor,
        hidden: torch.Tensor,
        cell: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns [B, H, U], the lengths, and the two states [layers, B, H] after the last id."""
        x, (hidden, cell) = self.lstm(
            self.embedding(targets).transpose(0, 1), (hidden, cell)
        )  # [U, B, H]
        return x.permute(1, 2, 0), target_length + 0, hidden, cell


class Conformer(nn.Module):
    """All parts of the model."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = Encoder()
        self.ctc_decoder = CtcDecoder()
        self.rnnt_decoder = PredictionNetwork()
        self.joint_enc = nn.Linear(WIDTH, HIDDEN)
        self.joint_pred = nn.Linear(HIDDEN, HIDDEN)
        self.joint_pre_net = nn.ReLU()
        self.joint_post_net = nn.ModuleDict(
            {language: nn.Linear(HIDDEN, SIZE + 1) for language in LANGUAGES}
        )

    def ctc_scores(self, encoded: torch.Tensor, languages: torch.Tensor) -> torch.Tensor:
        """Returns log probabilities [B, T, 257] of each recording's own language.

        Args:
            encoded: The encoder's output, [B, d, T].
            languages: Int64 [B], places in ``LANGUAGES``.
        """
        scores = self.ctc_decoder(encoded)
        columns = languages[:, None] * SIZE + torch.arange(SIZE)
        columns = torch.cat([columns, torch.full_like(columns[:, :1], START)], 1)
        index = columns[:, None].expand(-1, scores.shape[1], -1)
        return scores.gather(2, index).log_softmax(-1)

    def predict(self, tokens: torch.Tensor) -> torch.Tensor:
        """Returns the projected prediction [B, U + 1, H] after 0 to U tokens of int64 [B, U]."""
        ids = F.pad(tokens, (1, 0), value=START)
        zero = torch.zeros(LAYERS, len(ids), HIDDEN)
        predicted, *_ = self.rnnt_decoder(ids, torch.full((len(ids),), ids.shape[1]), zero, zero)
        return self.joint_pred(predicted.transpose(1, 2))
