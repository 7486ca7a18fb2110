"""Formats times for people."""


def clock(milliseconds: int) -> str:
    """Formats a time as hours, minutes and seconds; fractions of a second are cut off.

    >>> clock(3_723_900)
    '1:02:03'
    """
    seconds = abs(milliseconds) // 1000
    sign = "-" if milliseconds < 0 and seconds else ""
    return f"{sign}{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
