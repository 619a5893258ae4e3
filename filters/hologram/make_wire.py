#!/usr/bin/env python3
"""Draws wire.png: the edges and corners of the canonical face's triangles in its texture space.

    python3 make_wire.py          (needs numpy, opencv-python)

Red: distance to the nearest edge, green: to the nearest corner, both 1 - distance / REACH (in thousandths of the
texture's side). Blue: 1 inside eyes and mouth, where there is no skin to draw on, and at the edge of the face, where
wires fade out.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent
SIDE, FINE, REACH = 768, 4, 8


def nearness(image):
    distance = cv2.distanceTransform(255 - image, cv2.DIST_L2, 5) * 1000 / image.shape[0]
    coded = np.clip(1 - distance / REACH, 0, 1).astype(np.float32)
    return cv2.resize(coded, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def main():
    uv = faces.places()
    scale = SIDE * FINE / 1000 / 2
    fixed = np.round(uv * scale * 16).astype(np.int32)
    edges, corners, holes = (np.zeros((SIDE * FINE // 2,) * 2, np.uint8) for _ in range(3))
    for a, b, c in faces.triangles():
        for p, q in ((a, b), (b, c), (c, a)):
            cv2.line(edges, tuple(map(int, fixed[p])), tuple(map(int, fixed[q])), 255, 1, shift=4)
    for place in fixed:
        cv2.circle(corners, tuple(map(int, place)), 1 * 16, 255, -1, shift=4)
    for outline in (faces.EYE, faces.MOUTH):
        cv2.fillPoly(holes, [fixed[outline]], 255, shift=4)
        mirrored = np.round(([1000, 0] + uv[outline] * [-1, 1]) * scale * 16).astype(np.int32)
        cv2.fillPoly(holes, [mirrored], 255, shift=4)
    holes = cv2.resize(holes.astype(np.float32) / 255, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    face = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [np.round(uv[faces.OVAL] * SIDE / 1000).astype(np.int32)], 255)
    inward = np.clip(cv2.distanceTransform(face, cv2.DIST_L2, 5) * 1000 / SIDE / 90, 0, 1)
    holes = 1 - (1 - holes) * inward * inward * (3 - 2 * inward)
    rgb = np.round(np.stack([nearness(edges), nearness(corners), holes], 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'wire.png'), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
