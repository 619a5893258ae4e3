"""Furry ears: what the scripts of several animals share (needs numpy).

Surfaces in order: 0 the inner ear's skin, 1 whiskers, 2 the ground of the fur, 3... shells of fur from root to tip
(blended).
"""
import numpy as np

from meshes import Part, unit

SHELLS = 10
FUR = 0.55      # length of the fur, in cm


class Frame:
    """Where an ear stands: its root, and the directions across, along and out of it."""

    def __init__(self, root, roll, yaw, pitch):
        r, y, p = np.radians([roll, yaw, pitch])
        turn = np.array([[np.cos(r), np.sin(r), 0], [-np.sin(r), np.cos(r), 0], [0, 0, 1]])
        nod = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
        swing = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
        self.root, self.turn = np.array(root, float), swing @ turn @ nod

    def out(self, points):
        return np.asarray(points) @ self.turn.T + self.root


def ear(height, width, hollow, thick, tip=1.5, rows=13, columns=11):
    """Front and back of an ear (rows, columns, 3) in its own frame: x across, y along, z out.

    `width` is the half width at the root; `hollow` how deep the front is, `thick` how far the back bulges."""
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing='ij')
    half = width * np.maximum(1 - v**tip, 0) ** 0.8 * (1 + 0.22 * np.sin(np.pi * np.minimum(v * 1.25, 1)))
    x, y = u * half, v * height
    cup = np.sqrt(np.maximum(1 - u**2, 0))
    front = -hollow * cup * (1 - v) ** 0.6 - 0.5 * v**2
    back = front * 0.4 - thick * cup * (1 - 0.75 * v) - 0.5 * v**2 * 0.6
    return np.stack([x, y, front], -1), np.stack([x, y, back], -1)


def normals(grid, sign):
    n = np.cross(np.gradient(grid, axis=1), np.gradient(grid, axis=0))
    length = np.linalg.norm(n, axis=2, keepdims=True)
    n = np.where(length > 1e-6, n / np.maximum(length, 1e-9), 0)
    n[-1] = unit(n[-2].mean(0) + [0, 1.5, 0]) if grid.shape[0] > 1 else n[-1]
    return n * sign


def coat(parts, grid, normal, rooted, comb, ground=True, places=None):
    """The ground, and shells above it that lean along `comb`. `rooted` (rows, columns) scales the fur's length;
    `places` are those in the texture."""
    if ground:
        patch(parts[0], grid, normal, rooted, places)
    for shell in range(SHELLS):
        h = (shell + 1) / SHELLS
        lift = (normal * FUR * h + np.asarray(comb) * h * h) * rooted[..., None]
        patch(parts[1 + shell], grid + lift, normal, rooted, places)


def patch(part, grid, normal, rooted, places=None):
    """The cells of a grid on which fur grows."""
    part.grid(grid, False, normal, places)
    columns = grid.shape[1]
    bare = (rooted < 0.06).reshape(-1)
    cells = part.triangles[-1]
    part.triangles[-1] = cells[~bare[cells - (part.count - grid.shape[0] * columns)].all(1)]


def placed(parts, frame, mirrored):
    """Parts in the ear's frame as parts on the head, on one side or the other."""
    flip = np.array([-1.0 if mirrored else 1.0, 1, 1])
    out = []
    for part in parts:
        moved = Part()
        for points, normal, triangles in zip(part.points, part.normals, part.triangles):
            moved.points.append(frame.out(points) * flip)
            moved.normals.append(normal @ frame.turn.T * flip)
            moved.triangles.append(triangles)
        moved.places, moved.count = part.places, part.count
        out.append(moved)
    return out


def joined(first, second):
    whole = Part()
    for part in (first, second):
        base = whole.count
        whole.points += part.points
        whole.places += part.places
        whole.normals += part.normals
        whole.triangles += [triangles + base for triangles in part.triangles]
        whole.count += part.count
    return whole


def surfaces(skin, extra, coats):
    """The surfaces of a .glb in the order that shaders of furry ears expect."""
    return [('skin', [0.8, 0.4, 0.4, 1], 0, 0.5, False, skin), ('whisker', [0.9, 0.9, 0.9, 1], 0, 0.4, False, extra),
            ('ground', [0.4, 0.2, 0.1, 1], 0, 0.9, False, coats[0])] \
        + [(f'fur{i + 1}', [0.4, 0.2, 0.1, 1], 0, 0.9, True, part) for i, part in enumerate(coats[1:])]
