"""What the server may do, and for whom."""

import msgspec

from indicsubs.jobs.specification import JobSpec


class ServerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a server."""

    spec: JobSpec
    """What is asked of each film, where a request does not say otherwise; ``source`` is empty."""
    beside: bool = False
    """Whether the subtitles of the libraries' films are copied beside them."""
    libraries: tuple[str, ...] = ()
    """The folders whose films may be named, as absolute paths without links."""
    token: str | None = None
    """The secret of the clients; None asks for none."""
    hosts: tuple[str, ...] = ()
    """The names of this machine that requests may be for, besides its addresses and localhost."""
    most_bytes: int = 20 * 10**9
    """The largest upload."""
    uploads_at_once: int = 4
    keep_s: float = 24 * 3600.0
    """How long an upload and its jobs are kept after the last request for them."""
    free_bytes: int = 2**30
    """The space on the disk that uploads leave free."""
    period_s: float = 60.0
    """A client must send ``least_bytes`` of a request, or the rest of it, within such a period."""
    least_bytes: int = 256 * 1024
    """4 KiB/s: the slowest links in use (30 KB/s) may stall for most of a minute, but whoever sends
    a byte now and then does not keep one of the few uploads."""
