#!/usr/bin/env python3
"""Draws design.png: this filter's design in the texture space of the canonical face, as signed distances.

    python3 make_design.py          (needs numpy, opencv-python)

Red: the mask, with openings for the eyes. Green: the filigree. Blue: pearls. Each channel holds the distance to
the shape's edge in thousandths of the texture's side: 0.5 + distance / (2 * REACH), more than 0.5 inside.
"""
import pathlib
import struct

import cv2
import numpy as np

SIDE = 1024          # pixels of the texture
FINE = 4             # finer while drawing
REACH = 24           # thousandths
MESH = pathlib.Path(__file__).parents[2] / 'assets/geometry_pipeline_metadata_landmarks.binarypb'
EYE = [33, 246, 161, 160, 159, 158, 157, 173, 133, 155, 154, 153, 145, 144, 163, 7]


def places():
    """Texture places of the canonical face's points, 0..1000: the floats (x, y, z, u, v) of the mesh file."""
    data = MESH.read_bytes()

    def fields(data):
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

    mesh = next(value for number, value in fields(data) if number == 1)
    floats = [value for number, value in fields(mesh) if number == 3]
    return np.array(floats).reshape(-1, 5)[:, 3:] * 1000


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


def mask(uv):
    sheet = Sheet()
    half = spline([(500, 292), (462, 262), (405, 232), (335, 214), (268, 218), (212, 232), (172, 236), (140, 226),
                   (128, 282), (126, 344), (144, 408), (180, 462), (240, 498), (318, 508), (390, 494), (440, 474),
                   (468, 486), (484, 512), (500, 528)])
    sheet.fill(np.vstack([half, [(500, 292)]]))
    eye = uv[EYE]
    middle = eye.mean(0)
    # A little larger than the eye, drawn out at the outer corner.
    grown = middle + (eye - middle) * 1.10 + np.sign(eye - middle) * [5, 7]
    grown[0] += [-12, -6]
    line = spline(grown, closed=True)
    for _ in range(40):
        line = (np.roll(line, 9, 0) + 2 * line + np.roll(line, -9, 0)) / 4
    sheet.fill(middle + (line - middle) * 1.06, 0)
    return sheet


def filigree():
    sheet = Sheet()
    sheet.stroke([(478, 306), (452, 282), (405, 258), (335, 240), (262, 242), (205, 262)], 2.0, 4.6)
    sheet.volute((201, 290), 28, -88, 1.35, -1, 4.4)
    sheet.stroke([(205, 262), (184, 258), (164, 252), (150, 242)], 3.4, 1.2)
    sheet.volute((160, 304), 14, -40, 1.2, 1, 2.6)
    sheet.leaf((402, 257), (368, 280), 7)
    sheet.leaf((352, 243), (314, 268), 7)
    sheet.leaf((300, 240), (266, 268), 6)
    sheet.stroke([(474, 492), (448, 456), (410, 466), (350, 482), (280, 480), (222, 462)], 1.8, 4.4)
    sheet.volute((207, 437), 25, 65, 1.35, 1, 4.2)
    sheet.stroke([(222, 462), (186, 440), (162, 400), (150, 350)], 4.0, 1.4)
    sheet.leaf((418, 464), (384, 452), 6)
    sheet.leaf((346, 482), (306, 464), 6)
    sheet.stroke([(486, 330), (478, 380), (470, 420), (478, 456), (490, 500)], 1.2, 2.4)
    # A flower de luce between the brows.
    sheet.leaf((500, 372), (500, 306), 9)
    sheet.leaf((497, 366), (472, 330), 6)
    # Below the mask, a drawn-out drop on each cheek.
    sheet.leaf((318, 598), (318, 524), 7)
    return sheet


def pearls():
    sheet = Sheet()
    for x, y, radius in [(500, 268, 9), (500, 242, 7), (500, 220, 5.4), (500, 202, 4.2), (500, 388, 5),
                         (280, 526, 5.2), (252, 520, 4.6), (226, 509, 4), (354, 527, 5.2), (380, 520, 4.4),
                         (318, 614, 4.4), (318, 630, 3.2), (126, 208, 4.6)]:
        sheet.disc(x, y, radius)
    return sheet


def main():
    channels = [sheet.distance() for sheet in (mask(places()), filigree(), pearls())]
    rgb = np.round(np.stack(channels, 2) * 255).astype(np.uint8)
    cv2.imwrite(str(pathlib.Path(__file__).with_name('design.png')), rgb[..., ::-1], [cv2.IMWRITE_PNG_COMPRESSION, 9])


if __name__ == '__main__':
    main()
