"""The base of every message and of every document on disk."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A frozen struct with keyword arguments only, in which an unknown field is an error.

    Subclasses repeat ``frozen=True``, because type checkers ask for it, and ``kw_only=True``,
    because msgspec applies it only to the fields of the class itself.
    """
