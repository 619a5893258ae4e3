#!/usr/bin/env python3
"""Draws design.png: where paint may lie in the texture space of the canonical face, the same in all channels.

    python3 make_design.py          (needs numpy, opencv-python)

Eyes and lips stay free, and it fades towards the edge of the face.
"""
import pathlib
import sys

import cv2
import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import faces

HERE = pathlib.Path(__file__).parent


def main():
    uv = faces.places()
    paint = faces.ramp(faces.inside(uv[faces.OVAL]), 4, 60) * (1 - faces.ramp(faces.inside(uv[faces.LIPS]), -7, -1))
    eye = faces.spline(uv[faces.EYE], closed=True)
    for outline in (eye, [1000, 0] + eye * [-1, 1]):
        paint *= 1 - faces.ramp(faces.inside(outline), -16, -6)
    small = cv2.resize(paint.astype(np.float32), (512, 512), interpolation=cv2.INTER_AREA)
    grey = np.round(np.repeat(small[..., None], 3, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'design.png'), grey, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
