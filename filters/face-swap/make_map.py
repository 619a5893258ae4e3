#!/usr/bin/env python3
"""Draws map.png and triangles.png: which triangle of the canonical face lies where in its texture.

    python3 make_map.py          (needs numpy, opencv-python)

map.png: red and green the low and the high byte of the triangle's number, blue how much of the other face is shown.
triangles.png: a column for each triangle, a row for each corner: red and green the bytes of the landmark's number.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
SIDE, SHIFT = 1024, 4


def bytes_of(number):
    return np.stack([number & 255, number >> 8], -1).astype(np.uint8)


def main():
    uv, triangles = faces.places(), faces.triangles()
    # cv2 draws at pixel centres; a texel's middle is half a texel further.
    fixed = np.round((uv * SIDE / 1000 - 0.5) * 2**SHIFT).astype(np.int32)
    number = np.full((SIDE, SIDE), -1.0, np.float32)
    sides = uv[triangles[:, 1:]] - uv[triangles[:, :1]]
    order = np.argsort(-abs(sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0]))
    for index in order:
        cv2.fillConvexPoly(number, fixed[triangles[index]], float(index), shift=SHIFT)
    # Beside the face, the triangle that is nearest.
    outside = (number < 0).astype(np.uint8)
    _, nearest = cv2.distanceTransformWithLabels(outside, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    known = np.zeros(nearest.max() + 1, np.float32)
    known[nearest[outside == 0]] = number[outside == 0]
    number = known[nearest].astype(int)

    face = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [np.round(uv[faces.OVAL] * SIDE / 1000).astype(np.int32)], 255)
    inward = cv2.distanceTransform(face, cv2.DIST_L2, 5) * 1000 / SIDE
    t = np.clip((inward - 10) / 95, 0, 1)
    shown = np.round(t * t * (3 - 2 * t) * 255).astype(np.uint8)
    image = np.concatenate([bytes_of(number), shown[..., None]], 2)
    cv2.imwrite(str(HERE / 'map.png'), image[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])
    corners = np.concatenate([bytes_of(triangles.T), np.zeros((3, len(triangles), 1), np.uint8)], 2)
    cv2.imwrite(str(HERE / 'triangles.png'), corners[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
