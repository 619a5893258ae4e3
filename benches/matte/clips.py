"""Clips of people over backgrounds that they never stood before: whoever composes a picture knows its true alpha."""

import io
import math
import struct
from pathlib import Path

import numpy as np
from PIL import Image

HERE = Path(__file__).parent
STILLS = HERE.parent.parent / "assets" / "stills"
SIZE = (640, 360)
FPS = 25
FRAMES = 60
# Noise of a camera in a lit room, of 255; and the quality of its JPEG frames.
NOISE = 3.0
QUALITY = 92


def decode(coded):
    """sRGB values 0..1 to linear light."""
    return np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)


def encode(light):
    """The reverse of `decode`."""
    light = np.clip(light, 0, 1)
    return np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)


def still(name):
    return np.asarray(Image.open(STILLS / name).convert("RGB"), np.float32) / 255


def backdrop(name):
    """A still cut to the frame's shape, or a wall with shelves."""
    if name == "shelves":
        y, x = np.mgrid[0 : SIZE[1], 0 : SIZE[0]].astype(np.float32)
        wall = 0.62 - 0.25 * x / SIZE[0] + 0.05 * np.sin(y / 9)
        books = np.random.default_rng(5).uniform(0.08, 0.85, (4, 32, 3)).astype(np.float32)
        rows, columns = (y // 90).astype(int), (x // 20).astype(int)
        book = books[np.clip(rows, 0, 3), np.clip(columns, 0, 31)]
        return np.where((y % 90 > 22)[..., None], book, wall[..., None] * np.array([1.0, 0.94, 0.86]))
    picture = Image.open(STILLS / name).convert("RGB")
    scale = max(SIZE[0] / picture.width, SIZE[1] / picture.height)
    picture = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.BICUBIC)
    left, top = (picture.width - SIZE[0]) // 2, (picture.height - SIZE[1]) // 2
    return np.asarray(picture.crop((left, top, left + SIZE[0], top + SIZE[1])), np.float32) / 255


class Scene:
    """A person cut out of a still, who rests, sways and rests again."""

    def __init__(self, name, person, cut, place, scale, background, speed):
        self.name, self.place, self.scale, self.speed = name, place, scale, speed
        alpha = np.asarray(Image.open(HERE / cut), np.float32) / 255
        self.alpha = Image.fromarray(alpha)
        light = decode(still(person)[: alpha.shape[0]]) * alpha[..., None]
        self.light = [Image.fromarray(light[..., channel].astype(np.float32)) for channel in range(3)]
        self.background = decode(backdrop(background))

    def pose(self, frame):
        """Shift in pixels, turn in radians and growth at a frame, which may lie between two."""
        # Still for a second, then a sway that begins and ends at rest.
        part = min(max((frame - 0.35 * FRAMES) / (0.65 * FRAMES), 0.0), 1.0)
        sway = math.sin(2 * math.pi * part) * math.sin(math.pi * part)
        return self.speed * 95 * sway, -self.speed * 9 * abs(sway), 0.10 * sway, 1 + 0.05 * abs(sway)

    def warp(self, layer, frame):
        x, y, turn, growth = self.pose(frame)
        scale = self.scale * growth
        cos, sin = math.cos(turn) / scale, math.sin(turn) / scale
        # The person turns about the middle of the lower edge.
        middle = (layer.width / 2, float(layer.height))
        foot = (self.place * SIZE[0] + x, SIZE[1] + y + 12)
        data = (
            cos, sin, middle[0] - cos * foot[0] - sin * foot[1],
            -sin, cos, middle[1] + sin * foot[0] - cos * foot[1],
        )
        return np.asarray(layer.transform(SIZE, Image.AFFINE, data, Image.BICUBIC), np.float32)

    def truth(self, frame):
        """The true alpha."""
        return np.clip(self.warp(self.alpha, frame), 0, 1)

    def picture(self, frame):
        """Coded values 0..255, with a camera's noise."""
        alpha = self.truth(frame)[..., None]
        light = np.stack([self.warp(layer, frame) for layer in self.light], -1) + self.background * (1 - alpha)
        dice = np.random.default_rng(1000 + frame)
        coded = encode(light) * 255 + dice.normal(0, NOISE, light.shape)
        return Image.fromarray(np.clip(coded + 0.5, 0, 255).astype(np.uint8))


def scenes():
    return [
        Scene("desk", "pd_astronaut.png", "astronaut.png", 0.5, 0.95, "neg_coffee_cc0.png", 1.0),
        Scene("shelves", "pd_grace_hopper.jpg", "hopper.png", 0.45, 0.68, "shelves", 1.0),
        Scene("cat", "pd_astronaut.png", "astronaut.png", 0.42, 0.8, "neg_cat_cc0.png", 0.5),
        Scene("slow", "pd_grace_hopper.jpg", "hopper.png", 0.55, 0.62, "neg_coffee_cc0.png", 0.25),
    ]


def write_avi(path, pictures):
    """Motion JPEG."""
    frames = []
    for picture in pictures:
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=QUALITY, subsampling=0)
        frames.append(jpeg.getvalue())
    width, height = SIZE

    def chunk(name, data):
        return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)

    most = max(map(len, frames))
    main = struct.pack("<14I", 1_000_000 // FPS, most * FPS, 0, 0, len(frames), 0, 1, most, width, height, 0, 0, 0, 0)
    stream = b"vids" + b"MJPG" + struct.pack(
        "<IHHIIIIIIIIhhhh", 0, 0, 0, 0, 1, FPS, 0, len(frames), most, 0xFFFFFFFF, 0, 0, 0, width, height
    )
    form = struct.pack("<IiiHH4sIiiII", 40, width, height, 1, 24, b"MJPG", width * height * 3, 0, 0, 0, 0)
    header = chunk(b"LIST", b"hdrl" + chunk(b"avih", main) + chunk(b"LIST", b"strl" + chunk(b"strh", stream) + chunk(b"strf", form)))
    movie = chunk(b"LIST", b"movi" + b"".join(chunk(b"00dc", frame) for frame in frames))
    path.write_bytes(chunk(b"RIFF", b"AVI " + header + movie))
