#!/usr/bin/env python3
"""Makes engine/tests/data/vision: what MediaPipe sees in the stills and the start of a clip of assets/.

    fixtures.py            (needs what reference.py needs)

clip.bin: for each of the first FRAMES frames 478 x (x, y) as u16 of 0..1, then 52 blendshapes as u16 of 0..1; little endian.
"""

import json
import os

import numpy as np
from PIL import Image
from reference import ROOT, look, matte

OUT = os.path.join(ROOT, "engine", "tests", "data", "vision")
STILLS = ["pd_astronaut.png", "pd_grace_hopper.jpg", "mit_pyfeat_multi5.jpg"]
CLIP, FRAMES = "mit_pyfeat_single_face.mp4", 30

os.makedirs(OUT, exist_ok=True)
for name in STILLS:
    found = look(os.path.join(ROOT, "assets", "stills", name), video=False, count=8)[0]
    with open(os.path.join(OUT, os.path.splitext(name)[0] + ".json"), "w", encoding="utf-8") as file:
        json.dump(found, file, separators=(",", ":"))
for net in ("landscape", "square"):
    mask = matte(os.path.join(ROOT, "assets", "stills", STILLS[0]), net == "landscape")
    image = Image.fromarray((mask * 255 + 0.5).clip(0, 255).astype(np.uint8))
    image.save(os.path.join(OUT, f"pd_astronaut.{net}.png"), optimize=True)
with open(os.path.join(OUT, "clip.bin"), "wb") as file:
    for faces in look(os.path.join(ROOT, "assets", "clips", CLIP), video=True, count=1, limit=FRAMES):
        values = np.array([p[:2] for p in faces[0]["landmarks"]]).ravel().tolist() + faces[0]["blendshapes"]
        file.write((np.array(values).clip(0, 1) * 65535 + 0.5).astype("<u2").tobytes())
