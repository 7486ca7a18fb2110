"""The base of every message and of every document on disk."""

import msgspec


class Message(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Frozen, with keyword arguments only, and strict: an unknown field is an error.

    Subclasses repeat ``frozen=True``, which type checkers ask for, and ``kw_only=True``, which msgspec
    applies only to the fields of the class itself.
    """
