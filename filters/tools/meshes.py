"""Meshes for props: what the scripts of several filters share (needs numpy). Centimetres, y up, z to the viewer."""
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
        # Places in the texture: of all points, or of none.
        self.places = []

    def add(self, points, normals, triangles, places=None):
        self.points.append(np.asarray(points, float))
        self.normals.append(np.asarray(normals, float))
        if places is not None:
            self.places.append(np.asarray(places, float))
        self.triangles.append(np.asarray(triangles, int) + self.count)
        self.count += len(points)

    def grid(self, points, closed=False, normals=None, places=None):
        """Quads between rows of points (rows, columns, 3); `closed`: the last column meets the first. `places`: those in
        the texture (rows, columns, 2)."""
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
        places = None if places is None else np.reshape(places, (-1, 2))
        self.add(points.reshape(-1, 3), normals.reshape(-1, 3), triangles, places)

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
        attributes = {'POSITION': store(points, 'VEC3', 5126, True), 'NORMAL': store(normals, 'VEC3', 5126)}
        if part.places:
            attributes['TEXCOORD_0'] = store(np.vstack(part.places).astype('<f4'), 'VEC2', 5126)
        primitives.append({'attributes': attributes, 'indices': store(triangles.reshape(-1), 'SCALAR', 5123),
                           'material': number})
    text = json.dumps({
        'asset': {'version': '2.0', 'generator': f'make_{name}.py'}, 'scene': 0, 'scenes': [{'nodes': [0]}],
        'nodes': [{'mesh': 0, 'name': name}], 'meshes': [{'primitives': primitives}], 'materials': materials,
        'accessors': accessors, 'bufferViews': views, 'buffers': [{'byteLength': len(blob)}],
    }, separators=(',', ':')).encode()
    text += b' ' * (-len(text) % 4)
    glb = struct.pack('<4sII', b'glTF', 2, 12 + 8 + len(text) + 8 + len(blob))
    glb += struct.pack('<I4s', len(text), b'JSON') + text + struct.pack('<I4s', len(blob), b'BIN\0') + blob
    pathlib.Path(path).write_bytes(glb)
