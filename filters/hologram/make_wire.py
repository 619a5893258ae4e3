#!/usr/bin/env python3
"""Draws wire.png: the edges and corners of the canonical face's triangles in its texture space.

    python3 make_wire.py          (needs numpy, opencv-python)

Red: distance to the nearest edge, green: to the nearest corner, both 1 - distance / REACH (in thousandths of the
texture's side). Blue: 1 inside eyes and mouth, where there is no skin to draw on, and at the edge of the face, where
wires fade out.
"""
import importlib.util
import pathlib

import cv2
import numpy as np

HERE = pathlib.Path(__file__).parent
SIDE, FINE, REACH = 768, 4, 8
spec = importlib.util.spec_from_file_location('face_paint', HERE.parent / 'face-paint/make_design.py')
kit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kit)

EYE = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
MOUTH = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191]


def triangles():
    """The index buffer of the mesh file: the last packed or repeated run of 32-bit numbers (field 4)."""
    data = kit.MESH.read_bytes()

    def varint(at):
        value = shift = 0
        while True:
            byte = data[at]
            at += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value, at

    def fields(at, end):
        while at < end:
            key, at = varint(at)
            if key & 7 == 0:
                value, at = varint(at)
                yield key >> 3, value
            elif key & 7 == 2:
                length, at = varint(at)
                yield key >> 3, (at, at + length)
                at += length
            else:
                at += 4

    mesh = next(value for number, value in fields(0, len(data)) if number == 1)
    numbers = [value for number, value in fields(*mesh) if number == 4]
    return np.array(numbers).reshape(-1, 3)


def nearness(image):
    distance = cv2.distanceTransform(255 - image, cv2.DIST_L2, 5) * 1000 / image.shape[0]
    coded = np.clip(1 - distance / REACH, 0, 1).astype(np.float32)
    return cv2.resize(coded, (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def main():
    uv = kit.places()
    scale = SIDE * FINE / 1000 / 2
    fixed = np.round(uv * scale * 16).astype(np.int32)
    edges, corners, holes = (np.zeros((SIDE * FINE // 2,) * 2, np.uint8) for _ in range(3))
    for a, b, c in triangles():
        for p, q in ((a, b), (b, c), (c, a)):
            cv2.line(edges, tuple(map(int, fixed[p])), tuple(map(int, fixed[q])), 255, 1, shift=4)
    for place in fixed:
        cv2.circle(corners, tuple(map(int, place)), 1 * 16, 255, -1, shift=4)
    for outline in (EYE, MOUTH):
        cv2.fillPoly(holes, [fixed[outline]], 255, shift=4)
        mirrored = np.round(([1000, 0] + uv[outline] * [-1, 1]) * scale * 16).astype(np.int32)
        cv2.fillPoly(holes, [mirrored], 255, shift=4)
    holes = cv2.resize(holes.astype(np.float32) / 255, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    face = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [np.round(uv[OVAL] * SIDE / 1000).astype(np.int32)], 255)
    inward = np.clip(cv2.distanceTransform(face, cv2.DIST_L2, 5) * 1000 / SIDE / 90, 0, 1)
    holes = 1 - (1 - holes) * inward * inward * (3 - 2 * inward)
    rgb = np.round(np.stack([nearness(edges), nearness(corners), holes], 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'wire.png'), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
