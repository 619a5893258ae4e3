#!/usr/bin/env python3
"""Draws design.png: this filter's design in the texture space of the canonical face, as signed distances.

    python3 make_design.py          (needs numpy, opencv-python)

Red: the mask, with openings for the eyes. Green: the filigree. Blue: pearls. Each channel holds the distance to
the shape's edge in thousandths of the texture's side: 0.5 + distance / (2 * REACH), more than 0.5 inside.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces


def mask(uv):
    sheet = faces.Sheet()
    half = faces.spline([(500, 292), (462, 262), (405, 232), (335, 214), (268, 218), (212, 232), (172, 236), (140, 226),
                   (128, 282), (126, 344), (144, 408), (180, 462), (240, 498), (318, 508), (390, 494), (440, 474),
                   (468, 486), (484, 512), (500, 528)])
    sheet.fill(np.vstack([half, [(500, 292)]]))
    eye = uv[faces.EYE]
    middle = eye.mean(0)
    # A little larger than the eye, drawn out at the outer corner.
    grown = middle + (eye - middle) * 1.10 + np.sign(eye - middle) * [5, 7]
    grown[0] += [-12, -6]
    line = faces.spline(grown, closed=True)
    for _ in range(40):
        line = (np.roll(line, 9, 0) + 2 * line + np.roll(line, -9, 0)) / 4
    sheet.fill(middle + (line - middle) * 1.06, 0)
    return sheet


def filigree():
    sheet = faces.Sheet()
    sheet.stroke([(478, 306), (452, 282), (405, 258), (335, 240), (262, 242), (205, 262)], 2.0, 4.6)
    sheet.volute((201, 290), 28, -88, 1.35, -1, 4.4)
    sheet.stroke([(205, 262), (184, 258), (164, 252), (150, 242)], 3.4, 1.2)
    sheet.volute((160, 304), 14, -40, 1.2, 1, 2.6)
    sheet.leaf((402, 257), (368, 280), 7)
    sheet.leaf((352, 243), (314, 268), 7)
    sheet.leaf((300, 240), (266, 268), 6)
    sheet.stroke([(474, 492), (448, 456), (410, 466), (350, 482), (280, 480), (222, 462)], 1.8, 4.4)
    sheet.volute((207, 437), 25, 65, 1.35, 1, 4.2)
    sheet.stroke([(222, 462), (186, 440), (162, 400), (150, 350)], 4.0, 1.4)
    sheet.leaf((418, 464), (384, 452), 6)
    sheet.leaf((346, 482), (306, 464), 6)
    sheet.stroke([(486, 330), (478, 380), (470, 420), (478, 456), (490, 500)], 1.2, 2.4)
    # A flower de luce between the brows.
    sheet.leaf((500, 372), (500, 306), 9)
    sheet.leaf((497, 366), (472, 330), 6)
    # Below the mask, a drawn-out drop on each cheek.
    sheet.leaf((318, 598), (318, 524), 7)
    return sheet


def pearls():
    sheet = faces.Sheet()
    for x, y, radius in [(500, 268, 9), (500, 242, 7), (500, 220, 5.4), (500, 202, 4.2), (500, 388, 5),
                         (280, 526, 5.2), (252, 520, 4.6), (226, 509, 4), (354, 527, 5.2), (380, 520, 4.4),
                         (318, 614, 4.4), (318, 630, 3.2), (126, 208, 4.6)]:
        sheet.disc(x, y, radius)
    return sheet


def main():
    channels = [sheet.distance() for sheet in (mask(faces.places()), filigree(), pearls())]
    rgb = np.round(np.stack(channels, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(pathlib.Path(__file__).with_name('design.png')), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
