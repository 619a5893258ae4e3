#!/usr/bin/env python3
"""Draws design.png: lips, eye shadow and eyeliner in the texture space of the canonical face.

    python3 make_design.py          (needs numpy, opencv-python)

Red: the lips, green: the eyeliner, as signed distances to their edges in thousandths of the texture's side
(0.5 + distance / (2 * REACH), more than 0.5 inside). Blue: how dense the eye shadow lies, 0..1.
The outlines are those of the face mesh, so they stay on lid and lip in every expression.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
UPPER_LID = [33, 246, 161, 160, 159, 158, 157, 173, 133]
LOWER_LID = [33, 7, 163, 144, 145, 153, 154, 155, 133]
BROW = [46, 53, 52, 65, 55]


def lips(uv):
    sheet = faces.Sheet()
    sheet.fill(faces.spline(uv[faces.LIPS], closed=True))
    # The mouth's opening, a hair wider: colour ends before the teeth.
    mouth = uv[faces.MOUTH].copy()
    middle = mouth[:, 1].mean()
    mouth[:, 1] += np.where(mouth[:, 1] > middle, 0.5, -0.5)
    sheet.fill(mouth, 0)
    return sheet.distance()


def liner(uv):
    sheet = faces.Sheet()
    lid = faces.spline(uv[UPPER_LID][::-1])
    # From nothing at the inner corner to the outer one, then drawn out into a wing.
    for i, (x, y) in enumerate(lid):
        t = i / (len(lid) - 1)
        sheet.disc(x, y - 1.5 - 2.0 * t, 0.8 + 3.8 * t**0.8)
    corner = uv[33]
    wing = faces.spline([lid[-70] - [0, 3], corner + [-2, -4], corner + [-24, -15], corner + [-50, -33]])
    for i, (x, y) in enumerate(wing):
        sheet.disc(x, y, 0.5 + 4.4 * (1 - i / (len(wing) - 1))**0.8)
    lower = faces.spline(uv[LOWER_LID])
    for x, y in lower[: len(lower) * 2 // 5]:
        sheet.disc(x, y + 1.0, 1.1)
    return sheet.distance()


def shadow(uv):
    """Densest at the lashes and in the outer corner, gone below the brow."""
    side = faces.SIDE
    y, x = np.mgrid[0:side, 0:side] * (1000 / side)
    x = np.minimum(x, 1000 - x)
    lid, brow = faces.spline(uv[UPPER_LID]), faces.spline(uv[BROW])
    wing = np.array([[uv[33][0] - 60, uv[33][1] - 44], [uv[33][0] - 24, uv[33][1] - 16]])
    lid = np.vstack([wing, lid])
    order, brow_order = np.argsort(lid[:, 0]), np.argsort(brow[:, 0])
    bottom = np.interp(x, lid[order, 0], lid[order, 1])
    top = np.interp(x, brow[brow_order, 0], brow[brow_order, 1]) + 4
    height = np.clip((bottom - y) / np.maximum(bottom - top, 1), -1, 2)
    left, right = lid[:, 0].min(), uv[133][0] + 2
    across = np.clip((x - left) / (right - left), 0, 1)
    ends = np.clip(across / 0.24, 0, 1) * np.clip((1 - across) / 0.2, 0, 1)
    ends = ends**2 * (3 - 2 * ends)
    reach = 0.86 - 0.34 * across
    fade = np.clip(1 - height / reach, 0, 1)
    density = fade * fade * (3 - 2 * fade) * ends * (1.05 - 0.3 * across)
    density[height < 0] = 0
    density = cv2.GaussianBlur(density.astype(np.float32), (0, 0), 2.2)
    # Nothing on the eye itself.
    eye = np.vstack([uv[UPPER_LID], uv[LOWER_LID][::-1]])
    for points in (eye, [1000, 0] + eye * [-1, 1]):
        cv2.fillPoly(density, [np.round(np.array(points) * side / 1000 * 16).astype(np.int32)], 0.0, shift=4)
    return np.clip(density, 0, 1)


def main():
    uv = faces.places()
    channels = [lips(uv), liner(uv), shadow(uv)]
    rgb = np.round(np.stack(channels, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'design.png'), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
