#!/usr/bin/env python3
"""Models crown.glb in the canonical face space: centimetres, y up, z to the viewer, the face's middle at x = 0.

    python3 make_crown.py          (needs numpy)

Surfaces in order: 0 metal, 1 gems, 2 pearls, 3 velvet (the cap), 4 the soft shadow below the band.
"""
import pathlib
import sys

import numpy as np

sys.path.append(str(pathlib.Path(__file__).parents[1] / 'tools'))
import meshes

MIDDLE, TILT = np.array([0.0, 9.2, -3.0]), np.radians(6)
AXES = np.array([7.3, 8.2])         # half width and depth of the band
POINTS, AROUND = 8, 96
BAND = 1.55                         # height of the band


def place(angle, height, out=0.0):
    """A place on the crown: the angle from the front to the wearer's left, height above the band's lower edge."""
    flare = 1 + 0.028 * height
    x, z = (AXES[0] * flare + out) * np.sin(angle), (AXES[1] * flare + out) * np.cos(angle)
    y = height + 0 * angle
    c, s = np.cos(TILT), np.sin(TILT)
    return np.stack([x, y * c + z * -s, y * s + z * c], -1) + MIDDLE


def edge(angle):
    """Height of the upper edge: points with hollow sides, every other one lower."""
    s = angle * POINTS / (2 * np.pi)
    near = np.abs(s - np.round(s)) * 2
    tall = np.where(np.round(s).astype(int) % 2 == 0, 3.5, 2.3)
    return BAND + 0.25 + tall * (1 - near) ** 1.9


def frame_at(angle):
    """Right, up and outward at an angle."""
    out = meshes.unit(place(angle, 0.0, 1.0) - place(angle, 0.0, 0.0))
    up = meshes.unit(place(angle, 1.0) - place(angle, 0.0))
    right = np.cross(up, out)
    return np.stack([right, np.cross(out, right), out])


def metal():
    part = meshes.Part()
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    for out in (0.16, -0.10):
        # The head fills the band: it has no inner side.
        rows = [place(turn, 0 * turn + h, out) for h in np.linspace(0, BAND, 4)] if out > 0 else []
        rows += [place(turn, BAND + (edge(turn) - BAND) * t, out * (1 - 0.6 * t)) for t in np.linspace(0.05, 1, 6)]
        part.grid(np.array(rows), True)
    part.tube(place(turn, 0 * turn + 0.06), 0.24, True)
    part.tube(place(turn, 0 * turn + BAND, 0.08), 0.19, True)
    part.tube(place(turn, edge(turn), 0.03), 0.10, True, 8)
    for i in range(POINTS):
        angle = 2 * np.pi * i / POINTS
        frame = frame_at(angle)
        # A bezel around each gem, and a ring with a leaf above it.
        ring = np.linspace(0, 2 * np.pi, 20, endpoint=False)
        size = np.array([0.62, 0.50]) if i % 2 == 0 else np.array([0.46, 0.46])
        oval = (np.cos(ring) * size[0])[:, None] * frame[0] + (np.sin(ring) * size[1])[:, None] * frame[1]
        part.tube(place(angle, 0.80, 0.20) + oval, 0.095, True, 8)
        tip = place(angle, edge(np.array(angle)) - 0.02, 0.03)
        part.ball(tip, [0.2, 0.2, 0.12], frame)
        root, top = place(angle, BAND + 0.3, 0.2), place(angle, BAND + (edge(np.array(angle)) - BAND) * 0.72, 0.12)
        t = np.linspace(0, 1, 12)[:, None]
        part.tube(root + (top - root) * t, 0.02 + 0.13 * np.sin(np.pi * t[:, 0]) ** 0.8, False, 8)
    part.ball(MIDDLE + [0, 6.0, 0.5], [0.55, 0.32, 0.55], rows=9, columns=18)
    return part


def gem(centre, frame, size, high):
    """A brilliant cut: girdle, eight crown facets, a flat table."""
    turn = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    flat = lambda scale, lift, shift: centre + np.stack(
        [np.cos(turn + shift) * size[0] * scale, np.sin(turn + shift) * size[1] * scale, 0 * turn + lift], -1) @ frame
    girdle, waist, table = flat(1, 0, 0), flat(0.86, 0.6 * high, np.pi / 8), flat(0.55, high, 0)
    top, out = centre + high * frame[2], []
    for j in range(8):
        k = (j + 1) % 8
        out += [(girdle[j], girdle[k], waist[j]), (waist[j], girdle[k], waist[k]), (waist[j], table[k], table[j]),
                (waist[j], waist[k], table[k]), (table[j], table[k], top)]
    return out


def gems():
    part = meshes.Part()
    for i in range(POINTS):
        angle = 2 * np.pi * i / POINTS
        size = np.array([0.60, 0.48]) if i % 2 == 0 else np.array([0.44, 0.44])
        part.faceted(gem(place(angle, 0.80, 0.18), frame_at(angle), size, 0.30))
    return part


def pearls():
    part = meshes.Part()
    for i in range(POINTS):
        angle = 2 * np.pi * i / POINTS
        tall = i % 2 == 0
        part.ball(place(angle, edge(np.array(angle)) + (0.42 if tall else 0.3), 0.03), [0.42 if tall else 0.3] * 3,
                  rows=10, columns=16)
        for shift in (-0.34, -0.5, 0.5, 0.34):
            at = angle + shift * 2 * np.pi / POINTS
            if shift != -0.5:
                part.ball(place(at, 0.80, 0.2), [0.2 if abs(shift) == 0.5 else 0.15] * 3, rows=7, columns=10)
    return part


def velvet():
    """A cap so high that the hair of most heads is under it."""
    part = meshes.Part()
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    rows = []
    for t in np.linspace(0, 1, 14):
        fold = 1 + 0.05 * np.abs(np.cos(turn * 6)) * np.sin(np.pi * min(t * 1.15, 1))
        bulge = np.cos(t * np.pi / 2) ** 0.75 * (1 + 0.10 * np.sin(np.pi * t)) * fold
        rim = place(turn, 0 * turn + BAND - 0.2, -0.2) - MIDDLE - [0, BAND - 0.2, 0]
        rise = 4.75 * np.sin(t * np.pi / 2) ** 1.2 - 0.35 * np.exp(-((1 - t) / 0.12) ** 2)
        row = rim * bulge[:, None] + MIDDLE + [0, BAND - 0.2, 0]
        row[:, 1] += rise
        rows.append(row)
    part.grid(np.array(rows), True)
    return part


def shadow():
    """A skirt below the band that lies on hair and forehead."""
    part = meshes.Part()
    turn = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    part.grid(np.array([place(turn, 0 * turn + 0.2 - h, 0.7 * h) for h in (0.0, 0.3, 0.7, 1.2, 1.8)]), True)
    return part


def main():
    meshes.write(pathlib.Path(__file__).with_name('crown.glb'), 'crown', [
        ('metal', [1.0, 0.77, 0.34, 1], 1, 0.24, False, metal()),
        ('gem', [0.6, 0.02, 0.06, 1], 0, 0.05, False, gems()),
        ('pearl', [0.9, 0.87, 0.82, 1], 0, 0.25, False, pearls()),
        ('velvet', [0.3, 0.01, 0.04, 1], 0, 0.9, False, velvet()),
        # Not marked as blended, or the crown would be drawn twice: as the last it hides nothing.
        ('shadow', [0, 0, 0, 0.5], 0, 1, False, shadow()),
    ])


if __name__ == '__main__':
    main()
