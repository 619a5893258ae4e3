#!/usr/bin/env python3
"""Writes hat.glb beside itself: a paper cone and a bobble on top of it, in centimetres. Needs numpy."""
import json
import pathlib
import struct

import numpy as np

FOOT, HEIGHT, RADIUS, LEAN = 10.3, 14.0, 5.0, -0.18


def cone(around=40, high=8):
    points, normals, triangles = [], [], []
    for y in range(high + 1):
        rise = y / high
        for x in range(around + 1):
            turn = 2 * np.pi * x / around
            radius = RADIUS * (1 - rise) + 0.25 * rise
            points.append((radius * np.sin(turn), FOOT + HEIGHT * rise, radius * np.cos(turn)))
            normals.append((np.sin(turn), RADIUS / HEIGHT, np.cos(turn)))
    for y in range(high):
        for x in range(around):
            a = y * (around + 1) + x
            b = a + around + 1
            triangles += [(a, a + 1, b), (a + 1, b + 1, b)]
    return points, normals, triangles


def ball(around=20, high=12, radius=1.4):
    points, normals, triangles = [], [], []
    for y in range(high + 1):
        rise = np.pi * y / high
        for x in range(around + 1):
            turn = 2 * np.pi * x / around
            n = np.array((np.sin(rise) * np.sin(turn), np.cos(rise), np.sin(rise) * np.cos(turn)))
            points.append(tuple(n * radius + (0, FOOT + HEIGHT + 0.6, 0)))
            normals.append(tuple(n))
    for y in range(high):
        for x in range(around):
            a = y * (around + 1) + x
            b = a + around + 1
            triangles += [(a, b, a + 1), (a + 1, b, b + 1)]
    return points, normals, triangles


def leaned(vectors, about):
    """Leans back, as a hat does, and moves to the back of the forehead."""
    c, s = np.cos(LEAN), np.sin(LEAN)
    turn = np.array(((1, 0, 0), (0, c, -s), (0, s, c)))
    return (np.asarray(vectors, np.float32) - about) @ turn.T + about


binary, views, accessors, primitives = b"", [], [], []


def add(array, kind, component, target):
    global binary
    data = np.ascontiguousarray(array).tobytes()
    views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(data), "target": target})
    accessor = {"bufferView": len(views) - 1, "componentType": component, "count": len(array), "type": kind}
    if kind == "VEC3":
        accessor |= {"min": array.min(0).tolist(), "max": array.max(0).tolist()}
    accessors.append(accessor)
    binary += data + b"\0" * (-len(data) % 4)
    return len(accessors) - 1


for material, (points, normals, triangles) in enumerate((cone(), ball())):
    points = (leaned(points, (0, FOOT, 0)) + (0, 0, -2.5)).astype(np.float32)
    normals = leaned(normals, (0, 0, 0)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    indices = np.asarray(triangles, np.uint16).reshape(-1)
    primitives.append({
        "attributes": {"POSITION": add(points, "VEC3", 5126, 34962), "NORMAL": add(normals, "VEC3", 5126, 34962)},
        "indices": add(indices, "SCALAR", 5123, 34963),
        "material": material,
    })


def material(color, roughness):
    return {"pbrMetallicRoughness": {"baseColorFactor": [*color, 1.0], "metallicFactor": 0.0, "roughnessFactor": roughness}}


text = json.dumps({
    "asset": {"version": "2.0", "generator": "make_hat.py"},
    "scene": 0, "scenes": [{"nodes": [0]}], "nodes": [{"mesh": 0}],
    "meshes": [{"primitives": primitives}],
    "materials": [material((0.2, 0.4, 0.8), 0.6), material((0.9, 0.75, 0.2), 0.9)],
    "accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": len(binary)}],
}, separators=(",", ":")).encode()
text += b" " * (-len(text) % 4)
size = 12 + 8 + len(text) + 8 + len(binary)
out = struct.pack("<4sII", b"glTF", 2, size) + struct.pack("<I4s", len(text), b"JSON") + text
out += struct.pack("<I4s", len(binary), b"BIN\0") + binary
pathlib.Path(__file__).with_name("hat.glb").write_bytes(out)
