#!/usr/bin/env python3
"""Draws design.png: where paint may lie in the texture space of the canonical face, the same in all channels.

    python3 make_design.py          (needs numpy, opencv-python)

Eyes and lips stay free, and it fades towards the edge of the face.
"""
import importlib.util
import pathlib

import cv2
import numpy as np

HERE = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location('tiger', HERE.parent / 'face-paint-tiger/make_design.py')
tiger = importlib.util.module_from_spec(spec)
spec.loader.exec_module(tiger)


def main():
    uv = tiger.kit.places()
    paint = tiger.ramp(tiger.inside(uv[tiger.OVAL]), 4, 60) * (1 - tiger.ramp(tiger.inside(uv[tiger.LIPS]), -7, -1))
    eye = tiger.kit.spline(uv[tiger.kit.EYE], closed=True)
    for outline in (eye, [1000, 0] + eye * [-1, 1]):
        paint *= 1 - tiger.ramp(tiger.inside(outline), -16, -6)
    small = cv2.resize(paint.astype(np.float32), (512, 512), interpolation=cv2.INTER_AREA)
    grey = np.round(np.repeat(small[..., None], 3, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(HERE / 'design.png'), grey, [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
