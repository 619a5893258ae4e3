#!/usr/bin/env python3
"""Models glasses.glb in the canonical face space: centimetres, y up, z to the viewer, the face's middle at x = 0.

    python3 make_glasses.py          (needs numpy)

Surfaces in order: 0 acetate (frame and temples), 1 metal (hinges and pins), 2 lens (blended).
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import eyewear
import meshes

LENS = np.array([3.18, 2.32])    # middle of the right lens
HALF = np.array([2.48, 1.94])    # its half width and height
CORNER = LENS + HALF * [1.10, 0.80]    # it carries the hinge
AROUND, RING = 112, 14           # points of an outline, and of a tube's section


def outline(grow=0.0):
    """The right lens, counter-clockwise from its outer side (n, 2)."""
    t = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    c, s = np.cos(t), np.sin(t)
    x = np.sign(c) * np.abs(c) ** (2 / 2.7)
    y = np.sign(s) * np.abs(s) ** (2 / 2.7)
    # Wider above, the outer corner lifted, the inner lower corner cut away for the nose.
    wide = x * (1 + 0.10 * y)
    tall = y + 0.13 * np.clip(x, 0, 1) ** 2 * (y > -0.2) + 0.12 * np.clip(-x, 0, 1) ** 2 * np.clip(-y, 0, 1)
    p = np.stack([wide, tall], 1) * HALF
    return LENS + p + eyewear.outward(p) * grow


def unit(v):
    return v / np.linalg.norm(v, axis=-1, keepdims=True)


class Part(meshes.Part):
    """As the shared one, with rounded sections instead of round tubes."""

    def grid(self, points, normals, around_closed, along_closed):
        """Quads between rows: points (rows, columns, 3)."""
        rows, columns = points.shape[:2]
        triangles = []
        for i in range(rows if along_closed else rows - 1):
            for j in range(columns if around_closed else columns - 1):
                a, b = i * columns + j, i * columns + (j + 1) % columns
                c, d = (i + 1) % rows * columns + j, (i + 1) % rows * columns + (j + 1) % columns
                triangles += [(a, c, b), (b, c, d)]
        self.add(points.reshape(-1, 3), normals.reshape(-1, 3), triangles)

    def tube(self, path, side, width, height, closed=False, square=3.2):
        """A rounded section along a path (n, 3); `side` (n, 3) is the direction of `width` (n)."""
        path, side = np.asarray(path, float), unit(np.asarray(side, float))
        ahead = np.roll(path, -1, 0) - np.roll(path, 1, 0)
        if not closed:
            ahead[0], ahead[-1] = path[1] - path[0], path[-1] - path[-2]
        ahead = unit(ahead)
        side = unit(side - ahead * (side * ahead).sum(1, keepdims=True))
        up = np.cross(side, ahead)
        t = np.linspace(0, 2 * np.pi, RING, endpoint=False)
        c, s = np.cos(t), np.sin(t)
        x, y = np.sign(c) * np.abs(c) ** (2 / square), np.sign(s) * np.abs(s) ** (2 / square)
        width, height = np.broadcast_to(width, len(path)), np.broadcast_to(height, len(path))
        shift = side[:, None] * (x * width[:, None])[..., None] + up[:, None] * (y * height[:, None])[..., None]
        slope = side[:, None] * (np.sign(c) * np.abs(c) ** (2 - 2 / square) / width[:, None])[..., None] \
            + up[:, None] * (np.sign(s) * np.abs(s) ** (2 - 2 / square) / height[:, None])[..., None]
        self.grid(path[:, None] + shift, unit(slope), True, closed)
        if not closed:
            for end, direction in ((0, -1), (-1, 1)):
                ring = np.vstack([path[end] + shift[end], path[end]])
                normals = np.tile(ahead[end] * direction, (RING + 1, 1))
                self.add(ring, normals, [(RING, j, (j + 1) % RING)[::direction] for j in range(RING)])

    def mirrored(self):
        """The same for the other eye."""
        for points, normals, triangles in list(zip(self.points, self.normals, self.triangles)):
            first = triangles.min()
            self.add(points * [-1, 1, 1], normals * [-1, 1, 1], (triangles - first)[:, ::-1])


def acetate():
    part = Part()
    edge = outline(0.14)
    path = np.column_stack([edge, eyewear.depth(edge[:, 0], edge[:, 1])])
    # Heavier above, as browline frames are.
    rise = np.clip((edge[:, 1] - LENS[1]) / HALF[1], -1, 1)
    outer = np.clip((edge[:, 0] - LENS[0]) / HALF[0], 0, 1)
    width = 0.20 + 0.07 * rise + 0.06 * outer * np.clip(rise, 0, 1)
    side = np.column_stack([eyewear.outward(edge), np.zeros(len(edge))])
    part.tube(path, side, width, 0.17, closed=True)
    # The corner that carries the hinge, and the temple over the ear.
    front, middle, end = eyewear.temple(CORNER)
    part.tube(front, np.tile([0.0, 1, 0], (len(front), 1)), np.linspace(0.30, 0.29, len(front)), 0.15)
    back = np.vstack([middle[:-1], end])
    height = np.interp(np.linspace(0, 1, len(back)), [0, 0.25, 0.7, 1], [0.29, 0.22, 0.19, 0.25])
    part.tube(back, np.tile([0.0, 1, 0], (len(back), 1)), height, 0.12)
    part.mirrored()
    # The bridge, an arch over the nose.
    # Its ends lie within the rims.
    ends = np.array([0.55, 2.98])
    arch = np.array([[-ends[0], ends[1]], [-0.55, 3.60], [0.55, 3.60], [ends[0], ends[1]]])
    flat = eyewear.bezier(arch, 25)
    path = np.column_stack([flat, eyewear.depth(flat[:, 0], flat[:, 1]) + 0.04])
    bulge = 0.26 - 0.10 * np.linspace(-1, 1, 25) ** 4
    part.tube(path, np.tile([0.0, 1, 0.1], (25, 1)), bulge, 0.17)
    # Pads that rest on the nose.
    for x in (-1, 1):
        pad = eyewear.bezier([[x * 0.70, 2.30, 6.15], [x * 0.74, 1.95, 5.75], [x * 1.00, 1.5, 5.45]], 8)
        part.tube(pad, np.tile([1.0, 0.2, 0.3], (8, 1)), 0.09, np.array([.08, .16, .2, .22, .22, .2, .16, .08]), square=2)
    return part


def metal():
    part = Part()
    z = eyewear.depth(*CORNER)
    for dx, dy in ((0.10, 0.10), (0.10, -0.13)):
        pin = np.array([[CORNER[0] + dx, CORNER[1] + dy, z + 0.11], [CORNER[0] + dx, CORNER[1] + dy, z + 0.20]])
        part.tube(pin, [[1, 0, 0]] * 2, 0.065, 0.065, square=2)
    part.mirrored()
    return part


def lens():
    part = Part()
    edge = outline(0.02)
    rings = np.linspace(0, 1, 9)[1:]
    flat = LENS + (edge - LENS)[None] * rings[:, None, None]
    # Ground as part of a sphere, so that reflections wander over it.
    centre = np.array([LENS[0] * 0.55, LENS[1] - 0.3])
    z = eyewear.depth(flat[..., 0], flat[..., 1]) - 0.02
    points = np.concatenate([flat, z[..., None]], 2)
    normals = unit(np.concatenate([(flat - centre) * 0.085, np.ones_like(z)[..., None]], 2))
    part.grid(points, normals, True, False)
    middle = np.array([[*LENS, eyewear.depth(*LENS) - 0.02]])
    normal = unit(np.array([[*(LENS - centre) * 0.085, 1.0]]))
    part.add(np.vstack([middle, points[0]]), np.vstack([normal, normals[0]]),
             [(0, 1 + j, 1 + (j + 1) % AROUND) for j in range(AROUND)])
    part.mirrored()
    return part


def main():
    meshes.write(pathlib.Path(__file__).with_name('glasses.glb'), 'glasses', [
        ('acetate', [0.02, 0.02, 0.022, 1], 0, 0.22, False, acetate()),
        ('metal', [0.8, 0.68, 0.42, 1], 1, 0.3, False, metal()),
        ('lens', [0.05, 0.06, 0.06, 0.6], 0, 0.04, True, lens()),
    ])


if __name__ == '__main__':
    main()
