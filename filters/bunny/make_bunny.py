#!/usr/bin/env python3
"""Models ears.glb, a rabbit's long ears, in the canonical face space: centimetres, y up, z to the viewer.

    python3 make_bunny.py          (needs numpy)

Surfaces in order: 0 the inner ear's skin, 1 whiskers, 2 the ground of the fur, 3... shells of fur from root to tip
(blended), as `tools/fur.py` makes them.
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import fur
import meshes

HERE = pathlib.Path(__file__).parent
# An ear in cm, from where it turns upwards, and below: there it stands in the head, however that is shaped.
HEIGHT, BELOW = 12.5, 2.0


def whiskers():
    part = meshes.Part()
    for side in (-1, 1):
        for root, tip, sag in ((-1.2, -0.3, 0.6), (-1.6, -1.7, 0.4), (-1.95, -3.0, 0.1)):
            t = np.linspace(0, 1, 18)[:, None]
            start, end = np.array([side * 1.7, root, 6.1]), np.array([side * 7.4, tip, 5.9])
            middle = (start + end) / 2 + [0, sag, 0.9]
            path = start * (1 - t)**2 + 2 * middle * t * (1 - t) + end * t**2
            part.tube(path, 0.045 * (1 - t[:, 0]) ** 0.7 + 0.006, False, 8)
    return part


def main():
    front, back = fur.ear(HEIGHT + BELOW, 2.2, 1.3, 1.2, tip=2.9, rows=15, columns=9)
    skin, coats = meshes.Part(), [meshes.Part() for _ in range(1 + fur.SHELLS)]
    rows, columns = front.shape[:2]
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing='ij')
    for side in (front, back):
        side[..., 0] *= 1 - 0.35 * np.clip(1 - v * 4, 0, 1) ** 1.5
        side[..., 1] -= BELOW
    skin.grid(front, False, fur.normals(front, 1))
    # Short at the tip, where all hairs would stand in one line.
    short = np.clip((1 - v) * 7, 0.3, 1)
    fur.coat(coats, back, fur.normals(back, -1), 1.1 * short, [0, 0.35, 0])
    seen = v + (v - 1) * BELOW / HEIGHT
    rim = np.clip((np.abs(u) - 0.5) / 0.4, 0, 1) ** 0.7 + np.clip((v - 0.82) / 0.1, 0, 1)
    root = np.clip(1 - seen * 3.0, 0, 1) * 1.5
    fur.coat(coats, front, fur.normals(front, 1), np.maximum(rim.clip(0, 1), root) * short + 0.001, [0, 0.6, 0.15],
             False)
    frame = fur.Frame([3.3, 14.6, -6.4], 9, 10, -5)
    both = [fur.joined(*pair) for pair in
            zip(fur.placed([skin, *coats], frame, False), fur.placed([skin, *coats], frame, True))]
    meshes.write(HERE / 'ears.glb', 'bunny', fur.surfaces(both[0], whiskers(), both[1:]))


if __name__ == '__main__':
    main()
