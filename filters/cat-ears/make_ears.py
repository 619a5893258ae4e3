#!/usr/bin/env python3
"""Models ears.glb in the canonical face space: centimetres, y up, z to the viewer, the face's middle at x = 0.

    python3 make_ears.py          (needs numpy)

Surfaces in order: 0 the inner ear's skin, 1 whiskers, 2 the ground of the fur, 3... shells of fur from root to tip
(blended).
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import fur
import meshes

HERE = pathlib.Path(__file__).parent
# An ear in cm, from where it turns upwards, and below: there it stands in the head, however that is shaped.
HEIGHT, BELOW = 7.4, 2.5

def whiskers():
    part = meshes.Part()
    for side in (-1, 1):
        for root, tip, sag in ((-1.1, 0.2, 0.8), (-1.45, -1.2, 0.7), (-1.8, -2.8, 0.3), (-1.35, 1.3, 1.0)):
            t = np.linspace(0, 1, 20)[:, None]
            start, end = np.array([side * 1.9, root, 6.0]), np.array([side * 9.4, tip, 5.6])
            middle = (start + end) / 2 + [0, sag, 1.2]
            path = start * (1 - t)**2 + 2 * middle * t * (1 - t) + end * t**2
            part.tube(path, 0.055 * (1 - t[:, 0]) ** 0.7 + 0.006, False, 8)
    return part


def main():
    front, back = fur.ear(HEIGHT + BELOW, 3.3, 2.1, 1.7, tip=2.0, rows=14, columns=9)
    skin, coats = meshes.Part(), [meshes.Part() for _ in range(1 + fur.SHELLS)]
    rows, columns = front.shape[:2]
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing='ij')
    for side in (front, back):
        side[..., 0] *= 1 - 0.5 * np.clip(1 - v * 3, 0, 1) ** 1.5
        side[..., 1] -= BELOW
    skin.grid(front, False, fur.normals(front, 1))
    # Short at the tip, where all hairs would stand in one line.
    short = np.clip((1 - v) * 5, 0.3, 1)
    fur.coat(coats, back, fur.normals(back, -1), short, [0, 0.35, 0])
    # The rim of the front is furry too, and tufts rise from its inner edge and its root.
    seen = v + (v - 1) * BELOW / HEIGHT
    inner = np.maximum(np.clip((np.abs(u) - 0.5) / 0.4, 0, 1) ** 0.7, np.clip((v - 0.8) / 0.1, 0, 1))
    tufts = np.clip((-u - 0.2) / 0.7, 0, 1) * np.clip(1.1 - seen * 1.3, 0, 1) * 1.5 \
        + np.clip(1 - seen * 3.6, 0, 1) * 1.7
    fur.coat(coats, front, fur.normals(front, 1), np.maximum(inner, tufts) * short + 0.001, [0, 0.8, 0.2],
             False)
    frame = fur.Frame([4.5, 14.3, -6.4], 22, 14, -4)
    both = [fur.joined(*pair) for pair in
            zip(fur.placed([skin, *coats], frame, False), fur.placed([skin, *coats], frame, True))]
    meshes.write(HERE / 'ears.glb', 'ears', fur.surfaces(both[0], whiskers(), both[1:]))


if __name__ == '__main__':
    main()
