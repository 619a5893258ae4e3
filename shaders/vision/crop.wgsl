// What a net looks at, from the picture into its input tensor: columns x rows x 3 values, for each face one after the
// other. As `kernels::crop`, but the regions of faces are only known here.

import kernels::sample::{sample, FAR, STEPS};
import vision::state::{FACES, Roi, State, frame, rotate};

/// What is looked at: the smallest square around the picture, all of it, or each face.
const LETTERBOX = 0u;
const WHOLE = 1u;

struct Target {
    cells: vec2u,
    scale: f32,
    bias: f32,
    /// Whether the edge is repeated outside.
    edge: u32,
    looks_at: u32,
}

@group(0) @binding(2) var<storage, read> work: State;
@group(0) @binding(3) var<uniform> goal: Target;
@group(0) @binding(4) var<storage, read_write> tensor: array<f32>;

/// From cells to places, in steps.
struct Walk {
    origin: vec2f,
    right: vec2f,
    down: vec2f,
}

fn walk(center: vec2f, turn: vec2f, size: vec2f) -> Walk {
    let steps = size * f32(STEPS);
    let cells = vec2f(goal.cells);
    return Walk(
        center * f32(STEPS) - rotate(turn, steps / 2.0),
        rotate(turn, vec2f(steps.x / cells.x, 0.0)),
        rotate(turn, vec2f(0.0, steps.y / cells.y)),
    );
}

fn look(face: Roi) -> Walk {
    let ahead = vec2f(1.0, 0.0);
    switch goal.looks_at {
        case LETTERBOX: {
            return walk(frame.size / 2.0, ahead, vec2f(max(frame.size.x, frame.size.y)));
        }
        case WHOLE: {
            return walk(frame.size / 2.0, ahead, frame.size);
        }
        default: {
            return walk(face.center, face.turn, vec2f(face.size));
        }
    }
}

fn is_near(place: vec2f) -> bool {
    return all(abs(place) < vec2f(FAR));
}

@compute @workgroup_size(8, 8)
fn crop(@builtin(global_invocation_id) cell: vec3u) {
    // Read before it is known whether there is one, so that neither load waits for the other.
    let face = work.tracks[min(cell.z, FACES - 1u)].motion.roi;
    if any(cell.xy >= goal.cells) || (goal.looks_at > WHOLE && cell.z >= work.count) {
        return;
    }
    let path = look(face);
    let end = path.right * f32(goal.cells.x) + path.down * f32(goal.cells.y);
    var value = vec3f(goal.bias);
    if is_near(path.origin) && is_near(end) {
        let place = vec2i(round(path.origin + path.right * f32(cell.x) + path.down * f32(cell.y)));
        value = vec3f(sample(place, goal.edge != 0u)) * goal.scale + goal.bias;
    }
    let at = ((cell.z * goal.cells.y + cell.y) * goal.cells.x + cell.x) * 3u;
    tensor[at] = value.r;
    tensor[at + 1u] = value.g;
    tensor[at + 2u] = value.b;
}
