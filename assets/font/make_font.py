#!/usr/bin/env python3
"""Writes 8x13.bits: the glyphs of ASCII 32 to 126 and Latin 160 to 255 of the X11 font 8x13, 13 bytes each, a row a byte,
the left pixel highest. Its source is public domain ("Share and enjoy."): misc/8x13-ISO8859-1.pcf.gz of font-misc-misc,
in Debian's package xfonts-base.

  apt-get download xfonts-base && dpkg-deb -x xfonts-base_*.deb x
  python3 make_font.py x/usr/share/fonts/X11/misc/8x13-ISO8859-1.pcf.gz
"""
import gzip
import io
import pathlib
import sys

from PIL import PcfFontFile

WIDTH, HEIGHT, ASCENT = 8, 13, 11
font = PcfFontFile.PcfFontFile(io.BytesIO(gzip.open(sys.argv[1]).read()))
out = bytearray()
for code in [*range(32, 127), *range(160, 256)]:
    rows = [0] * HEIGHT
    glyph = font[code]
    if glyph is not None:
        _, (left, top, _, _), _, image = glyph
        pixels = image.load()
        for y in range(image.height):
            for x in range(image.width):
                # Glyphs may be cut to their ink: `top` is from the base line, upward.
                row, column = ASCENT + top + y, left + x
                if pixels[x, y] and 0 <= row < HEIGHT and 0 <= column < WIDTH:
                    rows[row] |= 0x80 >> column
    out += bytes(rows)
pathlib.Path(__file__).with_name("8x13.bits").write_bytes(out)
