#!/usr/bin/env python3
"""Draws region.png: where on the canonical face there is smooth skin, 0..1, in all channels.

    python3 make_region.py          (needs numpy, opencv-python)

Eyes with their lids, brows, lips and nostrils stay out, and it fades towards the edge of the face.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
SIDE = 512

BROW = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46]
NOSTRIL = [98, 240, 99, 60, 20, 238, 79, 166, 75]


def filled(points):
    """Distance from a closed outline in thousandths, positive outside."""
    image = np.zeros((SIDE, SIDE), np.uint8)
    cv2.fillPoly(image, [np.round(np.array(points) * SIDE / 1000 * 16).astype(np.int32)], 255, shift=4)
    outside = cv2.distanceTransform(255 - image, cv2.DIST_L2, 5)
    inside = cv2.distanceTransform(image, cv2.DIST_L2, 5)
    return (outside - inside) * 1000 / SIDE


def ramp(distance, start, end):
    t = np.clip((distance - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)


def main():
    uv = faces.places()
    region = ramp(-filled(uv[faces.OVAL]), 6, 60)
    for points, start, end in ((faces.EYE, 8, 26), (BROW, 6, 24), (NOSTRIL, 2, 14)):
        for mirrored in (False, True):
            outline = [1000, 0] + uv[points] * [-1, 1] if mirrored else uv[points]
            region *= ramp(filled(outline), start, end)
    region *= ramp(filled(uv[faces.LIPS]), 5, 20)
    grey = np.round(np.repeat(region[..., None], 3, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'region.png'), grey, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
