"""What the scripts of glasses share (needs numpy). Centimetres, y up, z to the viewer."""
import numpy as np


def depth(x, y):
    """The front's curve: bent around the face, leaning forward above."""
    return 6.35 - 0.034 * x**2 + 0.07 * (y - 2.4)


def outward(p):
    """Normals of a closed counter-clockwise line."""
    along = np.roll(p, -1, 0) - np.roll(p, 1, 0)
    normal = np.stack([along[:, 1], -along[:, 0]], 1)
    return normal / np.linalg.norm(normal, axis=1, keepdims=True)


def bezier(points, count):
    """A Bezier curve of any degree at `count` places."""
    points, t = np.array(points, float)[:, None].repeat(count, 1), np.linspace(0, 1, count)[:, None]
    while len(points) > 1:
        points = points[:-1] * (1 - t) + points[1:] * t
    return points[0]


def temple(corner):
    """The right temple's path in three parts: around the front's corner, along the head, and down behind the ear.

    Hinges that stand out beside the face look too large, so it widens on its way.
    """
    start = np.array([*corner, depth(*corner)])
    hinge = start + [0.38, -0.02, -1.20]
    ear, tip = np.array([8.0, 2.0, -6.2]), np.array([7.6, -0.8, -9.0])
    front = bezier([start, start + [0.30, 0.02, -0.04], start + [0.38, 0.02, -0.40], hinge], 14)
    middle = bezier([hinge, [8.1, (corner[1] + ear[1]) / 2, 0.2], ear], 24)
    return front, middle, bezier([ear, ear + [-0.02, -0.25, -1.7], tip], 12)
