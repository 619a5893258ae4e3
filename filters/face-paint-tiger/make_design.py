#!/usr/bin/env python3
"""Draws design.png: a tiger in the texture space of the canonical face.

    python3 make_design.py          (needs numpy, opencv-python)

Red: the stripes, as signed distance to their edge (0.5 + distance / (2 * REACH) in thousandths, more than 0.5 inside).
Green: how white the coat is, blue: where there is paint at all.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
# Points of a brush stroke, then its half width where the brush is set down and where it leaves.
STROKES = [
    # Forehead: chevrons in the middle, flames to the sides.
    ([(500, 140), (500, 180), (500, 232)], 3, 6), ([(500, 262), (456, 246), (414, 210), (392, 166)], 10, 1.2),
    ([(500, 214), (466, 200), (436, 168), (426, 138)], 9, 1.2), ([(500, 306), (474, 292), (452, 262)], 7, 1),
    ([(312, 226), (336, 186), (346, 140)], 9, 1.2), ([(246, 252), (268, 206), (282, 152)], 10, 1.2),
    ([(182, 300), (196, 246), (216, 196)], 10, 1.2), ([(365, 222), (386, 190), (376, 150)], 6, 1),
    # Temples and cheeks, from the rim of the face inwards, with forks.
    ([(26, 372), (90, 338), (150, 334), (206, 352)], 13, 1.5), ([(18, 446), (82, 420), (150, 424), (210, 448)], 14, 1.5),
    ([(18, 520), (80, 496), (146, 506), (212, 540)], 15, 1.5), ([(30, 600), (96, 574), (164, 588), (236, 628)], 15, 1.5),
    ([(56, 682), (118, 656), (186, 672), (256, 708)], 14, 1.5), ([(106, 764), (160, 732), (220, 742), (282, 772)], 12, 1.5),
    ([(178, 836), (228, 802), (280, 800), (334, 818)], 11, 1.2), ([(116, 421), (160, 396), (206, 400)], 7, 1),
    ([(112, 500), (164, 478), (214, 490)], 7, 1), ([(128, 579), (184, 560), (240, 576)], 7, 1),
    ([(150, 662), (206, 648), (262, 664)], 6, 1), ([(190, 736), (240, 722), (290, 736)], 5, 1),
    # Around the eyes: liner with a wing, the tear line, a stroke below.
    ([(262, 374), (298, 350), (343, 341), (388, 352), (424, 384), (446, 424), (452, 452)], 6.5, 2),
    ([(268, 372), (238, 354), (196, 344)], 7, 1), ([(284, 394), (343, 411), (398, 406), (430, 392)], 3.4, 3),
    ([(318, 452), (284, 448), (246, 428)], 6, 1), ([(318, 452), (356, 452), (390, 436)], 6, 1),
    # Bridge of the nose.
    ([(444, 322), (458, 356), (464, 398)], 5, 1), ([(452, 470), (470, 486), (480, 512)], 5, 1),
    ([(440, 510), (462, 522), (474, 540)], 4, 1),
    # Muzzle and chin.
    ([(500, 600), (500, 628), (500, 652)], 5, 4), ([(500, 649), (452, 656), (404, 678), (364, 704), (322, 712)], 4.5, 1),
    ([(476, 790), (448, 822), (436, 868)], 8, 1.2), ([(432, 768), (398, 792), (380, 836)], 8, 1.2),
    ([(384, 748), (356, 766), (340, 800)], 6, 1.2),
]


def soft(shapes, blur):
    """Ellipses (x, y, half width, half height), on both sides, with soft edges."""
    image = np.zeros((faces.SIDE, faces.SIDE), np.float32)
    scale = faces.SIDE / 1000
    for x, y, width, height in shapes:
        for middle in (x, 1000 - x):
            cv2.ellipse(image, (round(middle * scale), round(y * scale)), (round(width * scale), round(height * scale)),
                        0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(image, (0, 0), blur * scale)


def main():
    uv = faces.places()
    stripes = faces.Sheet()
    for points, start, end in STROKES:
        stripes.stroke(points, start * 1.35, end * 1.2)
    stripes.fill(faces.spline([(506, 540), (474, 540), (446, 556), (428, 580), (446, 594), (474, 590), (500, 606), (506, 606)]))
    for x, y, radius in ((428, 622, 4.6), (402, 634, 5), (374, 630, 5), (396, 608, 4.4), (352, 652, 5), (368, 604, 4.2)):
        stripes.disc(x, y, radius)
    white = soft([(326, 306, 74, 34), (352, 432, 70, 20), (418, 652, 104, 62), (500, 842, 120, 92), (96, 640, 66, 120),
                  (190, 800, 70, 60)], 17)
    paint = faces.ramp(faces.inside(uv[faces.OVAL]), 4, 44) * (1 - faces.ramp(faces.inside(uv[faces.LIPS]), -6, -1))
    for mirrored in (False, True):
        eye = [1000, 0] + uv[faces.EYE] * [-1, 1] if mirrored else uv[faces.EYE]
        paint *= 1 - faces.ramp(faces.inside(eye), -6, -1)
    channels = [stripes.distance(), np.clip(white, 0, 1), paint]
    rgb = np.round(np.stack(channels, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'design.png'), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
