#!/usr/bin/env python3
"""Models ears.glb, a puppy's floppy ears, in the canonical face space: centimetres, y up, z to the viewer.

    python3 make_puppy.py          (needs numpy)

Surfaces in order: 0 unused skin of the inner side, 1 none, 2 the ground of the fur, 3... shells of fur from root to
tip (blended), as `tools/fur.py` makes them.
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import fur
import meshes

HERE = pathlib.Path(__file__).parent
# The middle line of the wearer's left ear: out of the head, however that is shaped, over a fold, and down beside the
# face.
LINE = [(2.2, 13.2, -7.0), (5.1, 15.7, -6.8), (7.7, 15.3, -6.3), (9.2, 12.8, -5.7), (9.7, 9.6, -5.3),
        (9.7, 6.3, -5.0), (9.4, 3.1, -4.8)]
# It looks to the front and to the side, so that it is a flap from both.
FACING = np.array([[0.1, 0.8, 0.6], [0.25, 0.8, 0.55], [0.6, 0.55, 0.6], [0.72, 0.2, 0.66], [0.7, 0.02, 0.7],
                   [0.66, 0.0, 0.75], [0.6, -0.05, 0.8]])
ROWS, COLUMNS = 18, 7
# The rows along it, 0..1: closer towards the end, which is round.
PLACES = 1 - (1 - np.linspace(0, 1, ROWS)) ** 1.5


def along(points):
    """Catmull-Rom through the points, at the rows' places."""
    points = np.array(points, float)
    points = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    at = PLACES * (len(points) - 3 - 1e-6)
    out = []
    for place in at:
        i, t = int(place), place % 1
        a, b, c, d = points[i:i + 4]
        out.append(.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.array(out)


def flap(bulge):
    """One side of the flap, (rows, columns, 3): `bulge` lifts its middle along the side's normal. And how far across and
    along the ear each point is, in cm: the shader lays hairs by it."""
    middle, facing = along(LINE), meshes.unit(along(FACING))
    ahead = meshes.unit(np.gradient(middle, axis=0))
    across = meshes.unit(np.cross(ahead, facing))
    facing = np.cross(across, ahead)
    v, u = np.meshgrid(PLACES, np.linspace(-1, 1, COLUMNS), indexing='ij')
    # Narrow at the root, widest below the middle, a drop at the end.
    half = 1.6 + 2.3 * np.sin(np.pi * np.clip(v * 0.86, 0, 1) ** 1.5)
    end = np.sqrt(np.clip(1 - ((v - 0.66) / 0.34).clip(0) ** 2, 0, 1))
    half = half * end
    cup = np.sqrt(np.maximum(1 - u**2, 0)) * end
    wave = 0.22 * np.sin(v * 7 + u * 1.5) * v
    points = middle[:, None] + across[:, None] * (u * half)[..., None] + facing[:, None] * (bulge * cup + wave)[...,
                                                                                                                None]
    down = np.concatenate([[0], np.linalg.norm(np.diff(middle, axis=0), axis=1)]).cumsum()
    return points, np.stack([u * half, np.broadcast_to(down[:, None], u.shape)], -1)


def main():
    coats = [meshes.Part() for _ in range(1 + fur.SHELLS)]
    for bulge in (1.5, -0.6):
        side, places = flap(bulge)
        normal = np.cross(np.gradient(side, axis=1), np.gradient(side, axis=0))
        length = np.linalg.norm(normal, axis=2, keepdims=True)
        normal = np.where(length > 1e-6, normal / np.maximum(length, 1e-9), 0)
        normal[-1] = [0, -1, 0.2]
        # Outwards, whichever way the grid runs.
        outward = np.sign((normal[ROWS // 2, COLUMNS // 2] * [0.5, 0, 0.86]).sum()) * np.sign(bulge)
        normal[:-1] *= outward
        # Shorter where the ear begins and where it ends in a point.
        length = 1.15 * np.clip(np.minimum(0.4 + 4.0 * PLACES, 0.15 + 9 * (1 - PLACES)), 0, 1)
        fur.coat(coats, side, normal, np.tile(length[:, None], (1, COLUMNS)), [0, -0.45, 0.05],
                 places=places)
    none = meshes.Part()
    none.add(np.zeros((3, 3)), np.tile([0, 0, 1.0], (3, 1)), [[0, 1, 2]])
    both = []
    for part in coats:
        mirror = meshes.Part()
        for points, normals, triangles in zip(part.points, part.normals, part.triangles):
            mirror.points.append(points * [-1, 1, 1])
            mirror.normals.append(normals * [-1, 1, 1])
            mirror.triangles.append(triangles)
        mirror.places = part.places
        mirror.count = part.count
        both.append(fur.joined(part, mirror))
    meshes.write(HERE / 'ears.glb', 'puppy', fur.surfaces(none, none, both))


if __name__ == '__main__':
    main()
