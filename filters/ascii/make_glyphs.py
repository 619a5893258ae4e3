#!/usr/bin/env python3
"""Makes glyphs.png: signs from thin to dense, then four for edges, as signed distances.

    python3 make_glyphs.py          (needs numpy and Pillow)

Each sign is drawn here from strokes, in a cell of 3 : 5 with x and y from 0 to 1, y down. A texel holds 0.5 at the edge
of a stroke and grows to the inside; the full range is REACH cell heights on each side.
"""
import pathlib

import numpy as np
from PIL import Image

CELL = (36, 60)
ASPECT = CELL[0] / CELL[1]
REACH = 0.25
HALF_WIDTH = 0.05  # of a stroke, in cell heights
STEPS = 16


def arc(x, y, rx, ry, start=0.0, end=360.0):
    angles = np.radians(np.linspace(start, end, 25))
    return [(x + rx * np.cos(a), y + ry * np.sin(a)) for a in angles]


def dot(x, y):
    return [(x, y), (x, y)]


RING = arc(.5, .55, .3, .22)
SIGNS = {
    ' ': [], '.': [dot(.5, .78)], ':': [dot(.5, .36), dot(.5, .74)], '-': [[(.22, .54), (.78, .54)]],
    '~': [[(.16, .6), (.3, .47), (.44, .47), (.58, .6), (.72, .6), (.86, .47)]],
    '=': [[(.2, .42), (.8, .42)], [(.2, .66), (.8, .66)]],
    '+': [[(.18, .54), (.82, .54)], [(.5, .32), (.5, .76)]],
    'c': [arc(.52, .55, .3, .22, 50, 310)], 'o': [RING], 'x': [[(.2, .34), (.8, .76)], [(.8, .34), (.2, .76)]],
    'z': [[(.2, .34), (.8, .34), (.2, .76), (.8, .76)]],
    'e': [arc(.5, .55, .3, .22, 40, 360), [(.2, .55), (.8, .55)]],
    '*': [[(.5, .3), (.5, .78)], [(.15, .42), (.85, .66)], [(.85, .42), (.15, .66)]],
    '0': [arc(.5, .5, .3, .36), [(.38, .66), (.62, .34)]],
    'K': [[(.22, .14), (.22, .86)], [(.8, .14), (.24, .52), (.8, .86)]],
    'H': [[(.2, .14), (.2, .86)], [(.8, .14), (.8, .86)], [(.2, .5), (.8, .5)]],
    '8': [arc(.5, .31, .25, .17), arc(.5, .67, .31, .19)],
    '%': [[(.82, .14), (.18, .86)], arc(.25, .28, .14, .12), arc(.75, .72, .14, .12)],
    '#': [[(.34, .16), (.3, .84)], [(.7, .16), (.66, .84)], [(.1, .38), (.92, .38)], [(.08, .64), (.9, .64)]],
    'M': [[(.14, .86), (.14, .14), (.5, .56), (.86, .14), (.86, .86)]],
    'B': [[(.2, .5), (.2, .14), (.6, .14)], arc(.58, .32, .22, .18, -90, 90), [(.2, .5), (.6, .5)],
          arc(.58, .68, .26, .18, -90, 90), [(.6, .86), (.2, .86), (.2, .5)]],
    '@': [arc(.5, .5, .38, .38, 40, 360), arc(.55, .52, .17, .14), [(.74, .4), (.74, .66), (.88, .6)]],
    'W': [[(.1, .14), (.24, .86), (.5, .36), (.76, .86), (.9, .14)], [(.5, .36), (.5, .2)]],
}
EDGES = [[[(.04, .5), (.96, .5)]], [[(.1, .95), (.9, .05)]], [[(.5, .02), (.5, .98)]], [[(.1, .05), (.9, .95)]]]


def distances(strokes):
    """Signed distance to the edge of the strokes in cell heights, positive inside."""
    y, x = np.mgrid[0:CELL[1], 0:CELL[0]]
    at = np.stack([(x + .5) / CELL[0] * ASPECT, (y + .5) / CELL[1]], axis=-1)
    nearest = np.full(at.shape[:2], 9.0)
    for stroke in strokes:
        points = np.array(stroke) * [ASPECT, 1]
        for a, b in zip(points[:-1], points[1:]):
            along = b - a
            t = np.clip(((at - a) @ along) / max(along @ along, 1e-9), 0, 1)
            width = 1.5 if len(points) == 2 and (along == 0).all() else 1.0  # dots are fat
            nearest = np.minimum(nearest, np.linalg.norm(at - a - t[..., None] * along, axis=-1) + HALF_WIDTH * (1 - width))
    return HALF_WIDTH - nearest


def main():
    drawn = {sign: distances(strokes) for sign, strokes in SIGNS.items()}
    ink = {sign: np.clip(d * CELL[1] + .5, 0, 1).mean() for sign, d in drawn.items()}
    most = max(ink.values())
    ramp, left = [], dict(ink)
    for step in range(STEPS):
        sign = min(left, key=lambda s: abs(left[s] - most * step / (STEPS - 1)))
        ramp.append(sign)
        del left[sign]
    ramp.sort(key=ink.get)
    print(''.join(ramp), [round(ink[s] / most, 2) for s in ramp])
    cells = [drawn[sign] for sign in ramp] + [distances(strokes) for strokes in EDGES]
    image = np.clip(0.5 + 0.5 * np.concatenate(cells, axis=1) / REACH, 0, 1)
    path = pathlib.Path(__file__).with_name('glyphs.png')
    Image.fromarray(np.round(image * 255).astype(np.uint8)).save(path, optimize=True)


if __name__ == '__main__':
    main()
