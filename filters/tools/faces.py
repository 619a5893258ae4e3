"""Drawing in the texture of the canonical face: what the scripts of several filters share (needs numpy, opencv-python).

Places are thousandths of the texture's side, x to the viewer's right, y down.
"""
import pathlib
import struct

import cv2
import numpy as np

SIDE = 1024          # pixels of the texture
FINE = 4             # finer while drawing
REACH = 24           # thousandths
MESH = pathlib.Path(__file__).parents[2] / 'assets/geometry_pipeline_metadata_landmarks.binarypb'
# Outlines: numbers of the face's points.
EYE = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]
LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
MOUTH = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191]
OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149,
        150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]


def fields(data):
    """Numbers and values of the fields of a protocol buffer."""
    at = 0
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        elif key & 7 == 2:
            length, at = varint(data, at)
            value, at = data[at:at + length], at + length
        else:
            value, at = struct.unpack('<f', data[at:at + 4])[0], at + 4
        yield key >> 3, value


def varint(data, at):
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return value, at


def mesh(field):
    """The values of a field of the mesh in the mesh file."""
    whole = next(value for number, value in fields(MESH.read_bytes()) if number == 1)
    return [value for number, value in fields(whole) if number == field]


def places():
    """Texture places of the canonical face's points, 0..1000: the floats (x, y, z, u, v) of the mesh file."""
    return np.array(mesh(3)).reshape(-1, 5)[:, 3:] * 1000


def triangles():
    """The numbers of the corners of the face's triangles."""
    return np.array(mesh(4)).reshape(-1, 3)


def spline(points, steps=40, closed=False):
    """Catmull-Rom through the points."""
    points = np.array(points, float)
    if closed:
        points = np.vstack([points[-1:], points, points[:2]])
    else:
        points = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    out = []
    for a, b, c, d in zip(points, points[1:], points[2:], points[3:]):
        t = np.linspace(0, 1, steps, endpoint=False)[:, None]
        out.append(.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3))
    return np.vstack(out + [points[-2:-1]])


class Sheet:
    """A black and white drawing in thousandths; what is drawn on the left is drawn on the right too."""

    def __init__(self):
        self.image = np.zeros((SIDE * FINE // 2, SIDE * FINE // 2), np.uint8)
        self.scale = self.image.shape[0] / 1000

    def fill(self, points, value=255):
        for mirrored in (False, True):
            p = np.array(points, float)
            p = np.stack([1000 - p[:, 0], p[:, 1]], 1) if mirrored else p
            cv2.fillPoly(self.image, [np.round(p * self.scale * 16).astype(np.int32)], value, shift=4)

    def disc(self, x, y, radius):
        turn = np.linspace(0, 2 * np.pi, 48)
        self.fill(np.stack([x + radius * np.cos(turn), y + radius * np.sin(turn)], 1))

    def stroke(self, points, start, end, power=1.0):
        """A tapered line through the points: half widths at its start and end, widest in between."""
        line = spline(points)
        for i, (x, y) in enumerate(line):
            t = i / (len(line) - 1)
            self.disc(x, y, start + (end - start) * t**power)

    def volute(self, centre, radius, angle, turns, hand, width):
        """A scroll that winds into its eye; `hand` is the direction, angles in degrees."""
        t = np.linspace(0, 1, 60)
        r = radius * (1 - t)**0.8 + 1.5
        a = np.radians(angle) + hand * t * turns * 2 * np.pi
        line = np.stack([centre[0] + r * np.cos(a), centre[1] + r * np.sin(a)], 1)
        for i, (x, y) in enumerate(line):
            self.disc(x, y, width * (1 - 0.45 * t[i]))
        self.disc(*centre, width * 1.7)

    def leaf(self, root, tip, width):
        root, tip = np.array(root, float), np.array(tip, float)
        along = tip - root
        side = np.array([-along[1], along[0]]) / np.linalg.norm(along)
        t = np.linspace(0, 1, 24)
        bulge = (np.sin(np.pi * t**0.7) * width)[:, None] * side
        middle = root + t[:, None] * along + (np.sin(np.pi * t) * width * 0.5)[:, None] * side
        self.fill(np.vstack([middle + bulge, (middle - bulge)[::-1]]))

    def distance(self):
        inside = cv2.distanceTransform(self.image, cv2.DIST_L2, 5)
        outside = cv2.distanceTransform(255 - self.image, cv2.DIST_L2, 5)
        distance = (inside - outside) / self.scale
        coded = np.clip(0.5 + distance / (2 * REACH), 0, 1)
        return cv2.resize(coded.astype(np.float32), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def inside(points):
    """Distance to a closed outline in thousandths, positive inside."""
    mask = cv2.fillPoly(np.zeros((SIDE, SIDE), np.uint8), [np.round(points * SIDE / 1000).astype(np.int32)], 255)
    distance = cv2.distanceTransform(mask, cv2.DIST_L2, 5) - cv2.distanceTransform(255 - mask, cv2.DIST_L2, 5)
    return distance * 1000 / SIDE


def ramp(distance, start, end):
    t = np.clip((distance - start) / (end - start), 0, 1)
    return t * t * (3 - 2 * t)
