#!/usr/bin/env python3
"""Draws design.png: a butterfly around the eyes, in the texture space of the canonical face, as signed distances.

    python3 make_design.py          (needs numpy, opencv-python)

Red: the wings, with openings for the eyes. Green: the dark lines: outline, veins, body, feelers. Blue: drops and pearls.
Each channel is 0.5 + distance / (2 * REACH) in thousandths of the texture's side, more than 0.5 inside.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
# Outlines of the left wings, from the body and back to it.
FORE = [(488, 372), (470, 318), (424, 250), (350, 188), (262, 152), (176, 150), (112, 184), (92, 238), (102, 292),
        (88, 330), (96, 372), (120, 404), (150, 436), (206, 452), (270, 462), (360, 462), (440, 446), (484, 416)]
HIND = [(488, 410), (446, 440), (380, 458), (300, 466), (226, 470), (180, 494), (168, 540), (190, 584), (176, 622),
        (206, 640), (244, 668), (262, 716), (290, 690), (318, 640), (352, 596), (396, 556), (444, 506), (484, 448)]
# Veins run from near the body to the scallops of the rim: places, half widths at start and end.
VEINS = [([(452, 340), (380, 262), (296, 208), (206, 172)], 2.6, 1.4), ([(300, 322), (230, 270), (166, 236), (106, 236)], 2.2, 1.4),
         ([(262, 366), (208, 344), (150, 326), (98, 318)], 2.0, 1.4), ([(264, 392), (210, 392), (160, 396), (118, 402)], 2.0, 1.4),
         ([(420, 282), (372, 240), (330, 200), (300, 172)], 1.8, 1.2), ([(300, 322), (260, 256), (226, 210), (170, 168)], 1.6, 1.2),
         ([(452, 462), (380, 500), (290, 520), (184, 520)], 2.4, 1.4), ([(452, 470), (386, 530), (300, 580), (192, 606)], 2.2, 1.4),
         ([(456, 480), (400, 540), (330, 604), (256, 664)], 2.2, 1.4), ([(386, 500), (310, 494), (250, 490), (196, 494)], 1.6, 1.2)]
DROPS = [(122, 218, 9), (112, 262, 7), (112, 344, 7), (126, 380, 6), (156, 178, 8), (206, 164, 8), (258, 168, 7.5), (308, 184, 7),
         (354, 208, 6), (394, 240, 5), (190, 528, 7), (204, 564, 6), (200, 606, 7), (230, 632, 6.5), (252, 664, 6), (264, 694, 5),
         (300, 648, 5), (336, 600, 4.5), (378, 558, 4)]


def closed(points):
    return faces.spline(points, closed=True)


def eye(uv, grow):
    ring = uv[faces.EYE]
    middle = ring.mean(0)
    line = faces.spline(middle + (ring - middle) * grow, closed=True)
    for _ in range(30):
        line = (np.roll(line, 9, 0) + 2 * line + np.roll(line, -9, 0)) / 4
    return middle + (line - middle) * 1.05


def lines(uv):
    sheet = faces.Sheet()
    for wing in (FORE, HIND):
        outline = closed(wing)
        middle = np.array([488, 420])
        for x, y in outline:
            # The rim is drawn thicker the further it is from the body.
            far = np.clip(np.hypot(x - middle[0], y - middle[1]) / 360, 0, 1)
            sheet.disc(x, y, 1.8 + 6.5 * far**1.6)
    for points, start, end in VEINS:
        sheet.stroke(points, start, end)
        # Where a vein meets the rim, the dark runs inwards.
        x, y = points[-1]
        tip = np.array(points[-2]) * 0.35 + np.array(points[-1]) * 0.65
        sheet.leaf((x, y), tuple(tip), 6)
    line = eye(uv, 1.12)
    for x, y in line:
        sheet.disc(x, y, 2.4)
    sheet.stroke([(280, 376), (250, 364), (214, 352)], 4.5, 0.8)
    # Body: head, chest and tail, and feelers with their clubs.
    sheet.disc(500, 361, 8)
    sheet.stroke([(500, 376), (500, 400), (500, 428)], 9.5, 7.5)
    sheet.stroke([(500, 428), (500, 480), (500, 528)], 8, 1.2)
    sheet.stroke([(496, 356), (480, 310), (452, 246), (414, 196), (396, 196)], 2.2, 1.6)
    sheet.disc(396, 198, 4.6)
    # A hole in the drawing for the eye.
    sheet.fill(eye(uv, 1.06), 0)
    return sheet


def wings(uv):
    sheet = faces.Sheet()
    for wing in (FORE, HIND):
        sheet.fill(closed(wing))
    sheet.fill(eye(uv, 1.08), 0)
    return sheet


def drops():
    sheet = faces.Sheet()
    for x, y, radius in DROPS:
        # Longer towards the body.
        away = np.array([x - 480, y - 410.0])
        away /= np.hypot(*away)
        for step in np.linspace(0, 1, 8):
            sheet.disc(x - away[0] * radius * 1.3 * step, y - away[1] * radius * 1.3 * step, radius * (1 - 0.75 * step) * 0.8)
    for y, radius in ((330, 3.6), (312, 3.0), (296, 2.4)):
        sheet.disc(500, y, radius)
    return sheet


def main():
    uv = faces.places()
    channels = [sheet.distance() for sheet in (wings(uv), lines(uv), drops())]
    rgb = np.round(np.stack(channels, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'design.png'), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
