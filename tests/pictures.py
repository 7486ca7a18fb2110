"""Pictures for films that tests make."""

import av


def grey_picture(
    width: int = 64, height: int = 48, pixels: str = "yuv420p", level: int = 100
) -> av.VideoFrame:
    """A picture of one grey from black (0) to white (255); a new frame's own content is random."""
    frame = av.VideoFrame(width, height, pixels)
    for plane, value in zip(frame.planes, (level, 128, 128), strict=True):
        plane.update(bytes([value]) * plane.buffer_size)
    return frame
