"""Small fonts for tests: every letter is a box."""

from pathlib import Path

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen


def make_font(path: Path, letters: str, family: str = "Boxes") -> Path:
    """Writes a TrueType font with the letters, a space and the glyph for absent letters."""
    pen = TTGlyphPen(None)
    pen.moveTo((50, 0))
    for point in ((50, 700), (550, 700), (550, 0)):
        pen.lineTo(point)
    pen.closePath()
    box = pen.glyph()
    names = {ord(letter): f"uni{ord(letter):04X}" for letter in sorted(set(letters) - {" "})}
    order = [".notdef", "space", *names.values()]
    empty = TTGlyphPen(None).glyph()
    font = FontBuilder(1000, isTTF=True)
    font.setupGlyphOrder(order)
    font.setupCharacterMap({32: "space", **names})
    font.setupGlyf({name: empty if name == "space" else box for name in order})
    font.setupHorizontalMetrics(dict.fromkeys(order, (600, 0)))
    font.setupHorizontalHeader(ascent=900, descent=-300)
    font.setupNameTable({"familyName": family, "styleName": "Regular"})
    font.setupOS2(sTypoAscender=900, sTypoDescender=-300, usWinAscent=900, usWinDescent=300)
    font.setupPost()
    font.save(path)
    return path
