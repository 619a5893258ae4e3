#!/usr/bin/env python3
"""Models crown.glb in the canonical face space: centimetres, y up, z to the viewer, the face's middle at x = 0.

    python3 make_crown.py          (needs numpy)

Surfaces in order: 0 metal, 1 gems, 2 pearls, 3 velvet (the cap), 4 the soft shadow below the band (blended).
`Part` and `write` serve other filters' scripts too.
"""
import json
import pathlib
import struct

import numpy as np


def unit(v):
    return v / np.maximum(np.linalg.norm(v, axis=-1, keepdims=True), 1e-9)


class Part:
    """Triangles of one surface."""

    def __init__(self):
        self.points, self.normals, self.triangles, self.count = [], [], [], 0

    def add(self, points, normals, triangles):
        self.points.append(np.asarray(points, float))
        self.normals.append(np.asarray(normals, float))
        self.triangles.append(np.asarray(triangles, int) + self.count)
        self.count += len(points)

    def grid(self, points, closed=False, normals=None):
        """Quads between rows of points (rows, columns, 3); `closed`: the last column meets the first."""
        points = np.asarray(points, float)
        if normals is None:
            if closed:
                along = np.roll(points, -1, 1) - np.roll(points, 1, 1)
            else:
                along = np.gradient(points, axis=1)
            across = np.gradient(points, axis=0)
            # Where a row shrinks to a point it has no direction of its own.
            normals = unit(np.cross(along, across))
            flat = np.linalg.norm(along, axis=2) < 1e-6
            normals[flat] = 0
            for row in np.where(flat.all(1))[0]:
                normals[row] = unit(normals[1 if row == 0 else row - 1].mean(0))
        rows, columns = points.shape[:2]
        i, j = np.mgrid[0:rows - 1, 0:columns if closed else columns - 1]
        a, b = i * columns + j, i * columns + (j + 1) % columns
        c, d = a + columns, b + columns
        triangles = np.concatenate([np.stack([a, c, b], -1).reshape(-1, 3), np.stack([b, c, d], -1).reshape(-1, 3)])
        self.add(points.reshape(-1, 3), normals.reshape(-1, 3), triangles)

    def tube(self, path, radius, closed=False, sides=10):
        """A round tube along a path (n, 3); `radius` may vary."""
        path = np.asarray(path, float)
        ahead = unit(np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0))
        side = unit(np.cross(ahead, [0.13, 1.0, 0.21]))
        up = np.cross(side, ahead)
        turn = np.linspace(0, 2 * np.pi, sides, endpoint=False)
        out = side[:, None] * np.cos(turn)[:, None] + up[:, None] * np.sin(turn)[:, None]
        points = path[:, None] + out * np.broadcast_to(radius, len(path))[:, None, None]
        if closed:
            points, out = np.concatenate([points, points[:1]]), np.concatenate([out, out[:1]])
        self.grid(points, True, out)

    def ball(self, centre, axes, frame=None, rows=10, columns=16):
        """An ellipsoid; `frame` holds its three directions as rows."""
        frame = np.eye(3) if frame is None else np.asarray(frame)
        rise, turn = np.meshgrid(np.linspace(0, np.pi, rows), np.linspace(0, 2 * np.pi, columns, endpoint=False),
                                 indexing='ij')
        sphere = np.stack([np.sin(rise) * np.cos(turn), np.sin(rise) * np.sin(turn), np.cos(rise)], -1)
        self.grid(centre + (sphere * axes) @ frame, True, unit((sphere / axes) @ frame))

    def faceted(self, triangles):
        """Flat triangles (n, 3, 3), each with its own normal."""
        triangles = np.asarray(triangles, float)
        normals = unit(np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0]))
        self.add(triangles.reshape(-1, 3), np.repeat(normals, 3, 0), np.arange(3 * len(triangles)).reshape(-1, 3))


def write(path, name, parts):
    """A .glb file of parts: (surface name, base colour, metallic, roughness, blended, Part)."""
    blob, views, accessors, primitives, materials = b'', [], [], [], []

    def store(array, kind, component, bounds=False):
        nonlocal blob
        data = array.tobytes()
        views.append({'buffer': 0, 'byteOffset': len(blob), 'byteLength': len(data)})
        blob += data + b'\0' * (-len(data) % 4)
        accessor = {'bufferView': len(views) - 1, 'componentType': component, 'count': len(array), 'type': kind}
        if bounds:
            accessor |= {'min': array.min(0).tolist(), 'max': array.max(0).tolist()}
        accessors.append(accessor)
        return len(accessors) - 1

    for number, (surface, base, metallic, roughness, blended, part) in enumerate(parts):
        material = {'name': surface, 'pbrMetallicRoughness': {
            'baseColorFactor': base, 'metallicFactor': metallic, 'roughnessFactor': roughness}}
        materials.append(material | ({'alphaMode': 'BLEND'} if blended else {}))
        points, normals = np.vstack(part.points).astype('<f4'), np.vstack(part.normals).astype('<f4')
        triangles = np.vstack(part.triangles).astype('<u2')
        primitives.append({
            'attributes': {'POSITION': store(points, 'VEC3', 5126, True), 'NORMAL': store(normals, 'VEC3', 5126)},
            'indices': store(triangles.reshape(-1), 'SCALAR', 5123), 'material': number})
    text = json.dumps({
        'asset': {'version': '2.0', 'generator': f'make_{name}.py'}, 'scene': 0, 'scenes': [{'nodes': [0]}],
        'nodes': [{'mesh': 0, 'name': name}], 'meshes': [{'primitives': primitives}], 'materials': materials,
        'accessors': accessors, 'bufferViews': views, 'buffers': [{'byteLength': len(blob)}],
    }, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 4)
    glb = struct.pack('<4sII', b'glTF', 2, 12 + 8 + len(text) + 8 + len(blob))
    glb += struct.pack('<I4s', len(text), b'JSON') + text + struct.pack('<I4s', len(blob), b'BIN\0') + blob
    pathlib.Path(path).write_bytes(glb)


MIDDLE, TILT = np.array([0.0, 9.1, -2.55]), np.radians(6)
AXES = np.array([6.85, 6.9])        # half width and depth of the band
POINTS, AROUND = 8, 144
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
    out = unit(place(angle, 0.0, 1.0) - place(angle, 0.0, 0.0))
    up = unit(place(angle, 1.0) - place(angle, 0.0))
    right = np.cross(up, out)
    return np.stack([right, np.cross(out, right), out])


def metal():
    part = Part()
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    for out in (0.16, -0.10):
        # The head fills the band: it has no inner side.
        rows = [place(turn, 0 * turn + h, out) for h in np.linspace(0, BAND, 6)] if out > 0 else []
        rows += [place(turn, BAND + (edge(turn) - BAND) * t, out * (1 - 0.6 * t)) for t in np.linspace(0.05, 1, 8)]
        part.grid(np.array(rows), True)
    part.tube(place(turn, 0 * turn + 0.06), 0.24, True)
    part.tube(place(turn, 0 * turn + BAND, 0.08), 0.19, True)
    part.tube(place(turn, edge(turn), 0.03), 0.10, True, 8)
    for i in range(POINTS):
        angle = 2 * np.pi * i / POINTS
        frame = frame_at(angle)
        # A bezel around each gem, and a ring with a leaf above it.
        ring = np.linspace(0, 2 * np.pi, 28, endpoint=False)
        size = np.array([0.62, 0.50]) if i % 2 == 0 else np.array([0.46, 0.46])
        oval = (np.cos(ring) * size[0])[:, None] * frame[0] + (np.sin(ring) * size[1])[:, None] * frame[1]
        part.tube(place(angle, 0.80, 0.20) + oval, 0.095, True, 8)
        tip = place(angle, edge(np.array(angle)) - 0.02, 0.03)
        part.ball(tip, [0.2, 0.2, 0.12], frame)
        root, top = place(angle, BAND + 0.3, 0.2), place(angle, BAND + (edge(np.array(angle)) - BAND) * 0.72, 0.12)
        t = np.linspace(0, 1, 12)[:, None]
        part.tube(root + (top - root) * t, 0.02 + 0.13 * np.sin(np.pi * t[:, 0]) ** 0.8, False, 8)
    part.ball(MIDDLE + [0, 4.62, 0.5], [0.55, 0.32, 0.55], rows=12, columns=24)
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
    part = Part()
    for i in range(POINTS):
        angle = 2 * np.pi * i / POINTS
        size = np.array([0.60, 0.48]) if i % 2 == 0 else np.array([0.44, 0.44])
        part.faceted(gem(place(angle, 0.80, 0.18), frame_at(angle), size, 0.30))
    return part


def pearls():
    part = Part()
    for i in range(POINTS):
        angle = 2 * np.pi * i / POINTS
        tall = i % 2 == 0
        part.ball(place(angle, edge(np.array(angle)) + (0.42 if tall else 0.3), 0.03), [0.42 if tall else 0.3] * 3,
                  rows=14, columns=22)
        for shift in (-0.34, -0.5, 0.5, 0.34):
            at = angle + shift * 2 * np.pi / POINTS
            if shift != -0.5:
                part.ball(place(at, 0.80, 0.2), [0.2 if abs(shift) == 0.5 else 0.15] * 3, rows=7, columns=10)
    return part


def velvet():
    part = Part()
    turn = np.linspace(0, 2 * np.pi, AROUND, endpoint=False)
    rows = []
    for t in np.linspace(0, 1, 26):
        fold = 1 + 0.05 * np.abs(np.cos(turn * 6)) * np.sin(np.pi * min(t * 1.15, 1))
        bulge = np.cos(t * np.pi / 2) ** 0.75 * (1 + 0.10 * np.sin(np.pi * t)) * fold
        rim = place(turn, 0 * turn + BAND - 0.2, -0.2) - MIDDLE - [0, BAND - 0.2, 0]
        rise = 3.35 * np.sin(t * np.pi / 2) ** 1.2 - 0.35 * np.exp(-((1 - t) / 0.12) ** 2)
        row = rim * bulge[:, None] + MIDDLE + [0, BAND - 0.2, 0]
        row[:, 1] += rise
        rows.append(row)
    part.grid(np.array(rows), True)
    return part


def shadow():
    """A skirt below the band that lies on hair and forehead."""
    part = Part()
    turn = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    part.grid(np.array([place(turn, 0 * turn + 0.2 - h, 0.7 * h) for h in (0.0, 0.3, 0.7, 1.2, 1.8)]), True)
    return part


def main():
    write(pathlib.Path(__file__).with_name('crown.glb'), 'crown', [
        ('metal', [1.0, 0.77, 0.34, 1], 1, 0.24, False, metal()),
        ('gem', [0.6, 0.02, 0.06, 1], 0, 0.05, False, gems()),
        ('pearl', [0.9, 0.87, 0.82, 1], 0, 0.25, False, pearls()),
        ('velvet', [0.3, 0.01, 0.04, 1], 0, 0.9, False, velvet()),
        ('shadow', [0, 0, 0, 0.5], 0, 1, True, shadow()),
    ])


if __name__ == '__main__':
    main()
