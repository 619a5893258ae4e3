#!/usr/bin/env python3
"""How far two outputs of `antifaz track` are apart: apart.py ONE.jsonl OTHER.jsonl

Prints frames that disagree on the number of faces; the mean and worst distance of the landmarks in % of the distance between
the outer eye corners; the largest differences of expressions and of pose entries.
"""

import json
import sys

import numpy as np


def main():
    one, other = ([json.loads(line) for line in open(path, encoding="utf-8")] for path in sys.argv[1:3])
    assert len(one) == len(other), f"{len(one)} and {len(other)} frames"
    disagree, landmarks, expressions, poses = 0, [], [0.0], [0.0]
    for a, b in zip(one, other):
        if len(a["faces"]) != len(b["faces"]):
            disagree += 1
            continue
        for p, q in zip(*(sorted(line["faces"], key=lambda face: face["id"]) for line in (a, b))):
            p, q = ({key: np.array(value) for key, value in face.items()} for face in (p, q))
            eyes = np.linalg.norm(q["landmarks"][33, :2] - q["landmarks"][263, :2])
            landmarks.append(np.linalg.norm(p["landmarks"] - q["landmarks"], axis=1).mean() / eyes * 100)
            expressions.append(np.abs(p["blendshapes"] - q["blendshapes"]).max())
            poses.append(np.abs(p["pose"] - q["pose"]).max())
    assert landmarks, "no frame has faces in both"
    print(
        f"{len(one)} frames, {disagree} disagree; {len(landmarks)} faces: landmarks {np.mean(landmarks):.3f} % apart, "
        f"at worst {np.max(landmarks):.3f} %; expressions {np.max(expressions):.4f}, poses {np.max(poses):.3f} at most"
    )


if __name__ == "__main__":
    main()
