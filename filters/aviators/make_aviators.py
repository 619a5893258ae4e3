#!/usr/bin/env python3
"""Models aviators.glb in the canonical face space: centimetres, y up, z to the viewer, the face's middle at x = 0.

    python3 make_aviators.py          (needs numpy)

Surfaces in order: 0 wire (rims, bridges, temples), 1 rubber (pads and ear pieces), 2 lens (blended).
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import eyewear
import meshes

MIDDLE, SIZE = np.array([3.2, 1.98]), 0.91
# The right lens around its middle, counter-clockwise from its outer side.
SHAPE = np.array([(2.98, 0.55), (2.62, 1.42), (1.30, 1.86), (-0.40, 1.84), (-1.90, 1.62), (-2.52, 0.95), (-2.44, -0.10),
                  (-1.92, -1.30), (-0.95, -2.25), (0.35, -2.62), (1.60, -2.25), (2.55, -1.05)])
CORNER = MIDDLE + np.array([2.92, 1.02]) * SIZE
AROUND = 96


def depth(p):
    return eyewear.depth(p[..., 0], p[..., 1])


def outline(grow=0.0):
    p = np.vstack([SHAPE[-1:], SHAPE, SHAPE[:2]])
    t = np.linspace(0, 1, AROUND // len(SHAPE), endpoint=False)[:, None]
    line = np.vstack([.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
                      for a, b, c, d in zip(p, p[1:], p[2:], p[3:])])
    return MIDDLE + line * SIZE + eyewear.outward(line) * grow


def raised(flat, lift=0.0):
    flat = np.asarray(flat, float)
    return np.column_stack([flat, depth(flat) + lift])


def both(part):
    mirror = meshes.Part()
    for points, normals, triangles in zip(part.points, part.normals, part.triangles):
        mirror.points.append(points * [-1, 1, 1])
        mirror.normals.append(normals * [-1, 1, 1])
        mirror.triangles.append(triangles + part.count)
    part.points += mirror.points
    part.normals += mirror.normals
    part.triangles += mirror.triangles
    part.count *= 2
    return part


def wire():
    part = meshes.Part()
    part.tube(raised(outline(0.05)), 0.125, True, 10)
    front, middle, _ = eyewear.temple(CORNER)
    part.tube(np.vstack([front[:-1], middle]), np.linspace(0.12, 0.095, len(front) + len(middle) - 1), False, 8)
    # The wire that carries the pad.
    part.tube(eyewear.bezier([[1.12, 1.9, 6.2], [0.85, 1.9, 5.7], [1.0, 1.75, 5.6]], 8), 0.05, False, 6)
    both(part)
    # Two bridges: a straight bar on top, an arch over the nose.
    t = np.linspace(-1, 1, 25)
    bar = np.column_stack([t * 1.72, 3.64 + 0.03 * (1 - t**2)])
    part.tube(raised(bar, 0.06), 0.125, False, 10)
    arch = np.column_stack([t * 0.98, 2.42 + 0.48 * (1 - t**2)])
    part.tube(raised(arch, 0.04), 0.12, False, 10)
    return part


def rubber():
    part = meshes.Part()
    part.ball(np.array([1.06, 1.65, 5.5]), [0.16, 0.40, 0.24], np.array([[0.9, 0.1, 0.42], [-0.2, 0.97, 0.1], [-0.4, -0.2, 0.9]]))
    part.tube(eyewear.temple(CORNER)[2], np.linspace(0.12, 0.2, 12), False, 8)
    return both(part)


def lens():
    part = meshes.Part()
    edge = outline(0.0)
    rings = np.linspace(0, 1, 9)
    flat = MIDDLE + (edge - MIDDLE)[None] * rings[:, None, None]
    # Ground as part of a sphere, so that reflections wander over it.
    normals = meshes.unit(np.concatenate([(flat - MIDDLE * [0.55, 1]) * 0.10, np.ones((*flat.shape[:2], 1))], 2))
    points = np.concatenate([flat, (depth(flat) - 0.02)[..., None]], 2)
    part.grid(points, True, normals)
    return both(part)


def main():
    meshes.write(pathlib.Path(__file__).with_name('aviators.glb'), 'aviators', [
        ('wire', [1.0, 0.77, 0.34, 1], 1, 0.22, False, wire()),
        ('rubber', [0.05, 0.045, 0.04, 1], 0, 0.4, False, rubber()),
        ('lens', [0.02, 0.02, 0.02, 0.9], 0, 0.03, True, lens()),
    ])


if __name__ == '__main__':
    main()
