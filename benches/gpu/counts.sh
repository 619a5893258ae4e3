#!/usr/bin/env bash
# What a whole frame asks of a GPU, counted on any device: benches/gpu/counts.sh ANTIFAZ CLIP
# ANTIFAZ is a release build, CLIP a clip with a face. Prints for looks with four filters, two and none, expressions of the same
# frame and a frame late, 478 landmarks and the landscape mask: levels of dispatches that follow each other, dispatches, MB that
# come from the host and MB that are read and written, by stage. Steps share kernels as far as that helps the device at hand;
# `antifaz net plan --frame` tells what they are on a desktop GPU.
set -euo pipefail
antifaz=$1 clip=$2
count() {
  "$antifaz" bench --input "$clip" --in-memory --passes compute --nets gpu --kernels fused --blendshapes --matte \
    --frames "${FRAMES-40}" --json "$@" | python3 -c '
import json, sys
bench = json.load(sys.stdin)
print(" ".join(sys.argv[1:]))
print("  {:g} levels".format(bench["levels"]))
for stage in "upload", "vision", "compose":
    work = bench["stages"][stage]["work"]
    print("  {:8} {dispatches:4g} dispatches, {uploaded_mb:6.2f} MB up, {read_mb:6.2f} read, {written_mb:6.2f} written".format(stage, **work))
' "$@"
}
for look in "reshape glitch light-leaks film" "studio-blur film" ""; do
  filters=()
  for filter in $look; do filters+=(--filter "$filter"); done
  count "${filters[@]}"
  count "${filters[@]}" --late-blendshapes
done
