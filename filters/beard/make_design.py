#!/usr/bin/env python3
"""Draws moustache.png and beard.png: where hair grows on the lower left quarter of the canonical face's texture, and
which way it lies. The right side is its mirror image.

    python3 make_design.py          (needs numpy, opencv-python)

moustache.png: red chevron, green handlebar, blue and alpha the directions of their hair.
beard.png: red full beard, green goatee, blue its direction, alpha 0 at the edge of the face.
Directions are angles, 1 for a whole turn, 0 to the right, 0.25 down.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
SIDE = 512          # pixels for 500 thousandths

JAW = [127, 234, 93, 132, 58, 172, 136, 150, 149, 176, 148, 152]


def fill(points, value=1.0, image=None):
    """A polygon in thousandths of the whole texture."""
    image = np.zeros((SIDE, SIDE), np.float32) if image is None else image
    p = (np.array(points, float) - [0, 500]) * SIDE / 500
    cv2.fillPoly(image, [np.round(p * 16).astype(np.int32)], value, shift=4)
    return image


def blur(image, thousandths):
    # Hair does not end at the middle of the face: its left and right half meet there.
    wide = np.concatenate([image, image[:, ::-1]], 1)
    return cv2.GaussianBlur(wide, (0, 0), thousandths * SIDE / 500)[:, :SIDE]


def flow(strokes):
    """Angles between given directions (x, y, dx, dy), nearer ones count more."""
    y, x = np.mgrid[0:SIDE, 0:SIDE] * (500 / SIDE)
    y += 500
    total = np.zeros((SIDE, SIDE, 2))
    for at_x, at_y, dx, dy in strokes:
        weight = 1 / ((x - at_x)**2 + (y - at_y)**2 + 60) ** 1.6
        total += weight[..., None] * np.array([dx, dy]) / np.hypot(dx, dy)
    return np.arctan2(total[..., 1], total[..., 0]) / (2 * np.pi) % 1


def main():
    uv = faces.places()
    lips = fill(faces.spline(uv[faces.LIPS], closed=True))
    # A moustache hangs over the edge of the upper lip: between them would be a line of skin.
    below = cv2.erode(lips, np.ones((13, 13)))
    near_lips = cv2.dilate(lips, np.ones((9, 9)))
    chevron = fill(faces.spline([(512, 622), (480, 613), (440, 607), (404, 612), (372, 634), (350, 668), (340, 706),
                               (344, 722),
                               (362, 716), (376, 702), (400, 690), (430, 677), (470, 665), (512, 670)]))
    chevron = blur(chevron, 5) * (1 - blur(below, 1.5))
    curl = faces.spline([(400, 648), (368, 664), (334, 668), (308, 656), (298, 634), (306, 616), (322, 616)])
    handlebar = fill(faces.spline([(506, 622), (480, 613), (440, 608), (408, 618), (382, 640), (376, 668), (400, 680),
                                 (430, 675), (470, 663), (506, 665)]))
    for i, (x, y) in enumerate(curl):
        t = i / (len(curl) - 1)
        cv2.circle(handlebar, (int(x * SIDE / 500), int((y - 500) * SIDE / 500)), int(13 * (1 - t) ** 0.6 + 3), 1.0, -1)
    handlebar = blur(handlebar, 3) * (1 - blur(below, 1.5))

    face = fill([*uv[JAW], (620, 960), (620, 400), (19, 400)])
    cheek = fill([(-10, 520), (40, 545), (84, 600), (130, 652), (190, 684), (260, 690), (312, 672), (344, 660),
                  (366, 684), (372, 708), (376, 730), (390, 752), (430, 772), (462, 760), (480, 752), (520, 752), (520, 1010), (-10, 1010)])
    bare = fill([(402, 742), (440, 752), (466, 752), (474, 776), (446, 792), (404, 772), (384, 752)])
    full = blur(cheek, 11) * (1 - 0.75 * blur(bare, 8)) * (1 - blur(near_lips, 3)) * blur(face, 9) ** 1.5
    ring = fill([(380, 668), (344, 676), (330, 706), (326, 750), (340, 800), (372, 858), (420, 905), (470, 930),
                 (520, 938), (520, 752), (480, 752), (464, 764), (430, 782), (398, 762), (378, 732), (373, 704)])
    goatee = blur(ring, 6) * (1 - blur(near_lips, 3)) * (1 - 0.8 * blur(bare, 7)) * blur(face, 5)
    # Where the moustache lies over them they are thin, or stubble would be twice as dark there.
    full, goatee = full * (1 - 0.4 * chevron), goatee * (1 - 0.4 * chevron)

    down = flow([(30, 560, .05, 1), (60, 660, .15, 1), (130, 740, .35, 1), (180, 690, .3, 1), (240, 770, .4, 1),
                 (280, 700, .2, 1), (320, 840, .5, 1), (330, 720, .1, 1), (400, 890, .35, 1), (360, 780, .25, 1),
                 (440, 800, .1, 1), (440, 870, .2, 1), (500, 770, 0, 1), (500, 850, 0, 1), (500, 940, 0, 1)])
    outward = flow([(500, 630, -.30, 1), (480, 640, -.45, 1), (460, 622, -.6, .9), (430, 640, -.75, .7),
                    (410, 620, -.85, .6),
                    (385, 650, -.75, .75), (360, 670, -.5, 1), (350, 700, -.2, 1)])
    curled = flow([(500, 630, -.30, 1), (480, 640, -.45, .9), (460, 622, -.7, .7), (430, 640, -.9, .5),
                   (400, 648, -1, .45),
                   (368, 664, -1, .3), (334, 668, -1, -.1), (308, 656, -.6, -.8), (298, 634, .1, -1), (306, 616, .8, -.6)])
    write('moustache.png', chevron, handlebar, outward, curled)
    inward = cv2.distanceTransform((face > 0.5).astype(np.uint8), cv2.DIST_L2, 5) * 500 / SIDE
    write('beard.png', full, goatee, down, np.clip(inward / 22, 0, 1) ** 1.3)


def write(name, *channels):
    image = np.round(np.clip(np.stack(channels, 2), 0, 1) * 255).astype(np.uint8)
    order = [2, 1, 0, 3][: len(channels)]
    cv2.imwrite(str(HERE / name), image[..., order], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
