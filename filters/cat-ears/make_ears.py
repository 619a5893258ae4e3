#!/usr/bin/env python3
"""Models ears.glb in the canonical face space: centimetres, y up, z to the viewer, the face's middle at x = 0.

    python3 make_ears.py          (needs numpy)

Surfaces in order: 0 the inner ear's skin, 1 whiskers, 2 the ground of the fur, 3... shells of fur from root to tip
(blended). `ear`, `Frame` and `coat` serve the other animals' scripts too.
"""
import importlib.util
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).parent
spec = importlib.util.spec_from_file_location('crown', HERE.parent / 'crown/make_crown.py')
kit = importlib.util.module_from_spec(spec)
spec.loader.exec_module(kit)

SHELLS = 12
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


def ear(height, width, hollow, thick, tip=1.5, rows=20, columns=19):
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
    n[-1] = kit.unit(n[-2].mean(0) + [0, 1.5, 0]) if grid.shape[0] > 1 else n[-1]
    return n * sign


def coat(parts, grid, normal, rooted, comb, ground=True):
    """The ground, and shells above it that lean along `comb`. `rooted` (rows, columns) scales the fur's length."""
    if ground:
        patch(parts[0], grid, normal, rooted)
    for shell in range(SHELLS):
        h = (shell + 1) / SHELLS
        lift = (normal * FUR * h + np.asarray(comb) * h * h) * rooted[..., None]
        patch(parts[1 + shell], grid + lift, normal, rooted)


def patch(part, grid, normal, rooted):
    """The cells of a grid on which fur grows."""
    part.grid(grid, False, normal)
    columns = grid.shape[1]
    bare = (rooted < 0.06).reshape(-1)
    cells = part.triangles[-1]
    part.triangles[-1] = cells[~bare[cells - (part.count - grid.shape[0] * columns)].all(1)]


def placed(parts, frame, mirrored):
    """Parts in the ear's frame as parts on the head, on one side or the other."""
    flip = np.array([-1.0 if mirrored else 1.0, 1, 1])
    out = []
    for part in parts:
        moved = kit.Part()
        for points, normal, triangles in zip(part.points, part.normals, part.triangles):
            moved.points.append(frame.out(points) * flip)
            moved.normals.append(normal @ frame.turn.T * flip)
            moved.triangles.append(triangles)
        moved.count = part.count
        out.append(moved)
    return out


def joined(first, second):
    whole = kit.Part()
    for part in (first, second):
        base = whole.count
        whole.points += part.points
        whole.normals += part.normals
        whole.triangles += [triangles + base for triangles in part.triangles]
        whole.count += part.count
    return whole


def whiskers():
    part = kit.Part()
    for side in (-1, 1):
        for root, tip, sag in ((-1.1, 0.2, 0.8), (-1.45, -1.2, 0.7), (-1.8, -2.8, 0.3), (-1.35, 1.3, 1.0)):
            t = np.linspace(0, 1, 20)[:, None]
            start, end = np.array([side * 1.9, root, 6.0]), np.array([side * 9.4, tip, 5.6])
            middle = (start + end) / 2 + [0, sag, 1.2]
            path = start * (1 - t)**2 + 2 * middle * t * (1 - t) + end * t**2
            part.tube(path, 0.055 * (1 - t[:, 0]) ** 0.7 + 0.006, False, 6)
    return part


def surfaces(skin, extra, coats):
    """The surfaces of a .glb in the order that shaders of furry ears expect."""
    return [('skin', [0.8, 0.4, 0.4, 1], 0, 0.5, False, skin), ('whisker', [0.9, 0.9, 0.9, 1], 0, 0.4, False, extra),
            ('ground', [0.4, 0.2, 0.1, 1], 0, 0.9, False, coats[0])] \
        + [(f'fur{i + 1}', [0.4, 0.2, 0.1, 1], 0, 0.9, True, part) for i, part in enumerate(coats[1:])]


def main():
    front, back = ear(7.4, 3.4, 1.9, 1.6)
    skin, coats = kit.Part(), [kit.Part() for _ in range(1 + SHELLS)]
    skin.grid(front, False, normals(front, 1))
    rows, columns = front.shape[:2]
    v, u = np.meshgrid(np.linspace(0, 1, rows), np.linspace(-1, 1, columns), indexing='ij')
    coat(coats, back, normals(back, -1), np.ones_like(v), [0, 0.35, 0])
    # The rim of the front is furry too, and tufts rise from its inner edge and its root.
    inner = np.clip((np.abs(u) - 0.66) / 0.34, 0, 1) ** 0.7
    tufts = np.clip((-u - 0.2) / 0.7, 0, 1) * np.clip(1.1 - v * 1.3, 0, 1) * 1.5 + np.clip(1 - v * 3.6, 0, 1) * 1.7
    coat(coats, front, normals(front, 1), np.maximum(inner, tufts) + 0.001, [0, 0.8, 0.2], False)
    frame = Frame([4.9, 12.9, -4.4], 22, 14, -4)
    both = [joined(*pair) for pair in zip(placed([skin, *coats], frame, False), placed([skin, *coats], frame, True))]
    kit.write(HERE / 'ears.glb', 'ears', surfaces(both[0], whiskers(), both[1:]))


if __name__ == '__main__':
    main()
