// Where the head is: the canonical face is laid onto the landmarks. `tracking::pose` is its twin, in double precision
// and with Jacobi's rotations; here the eigenvector comes from squaring Horn's matrix.
//
// Two groups of 64 lanes fit side by side: the first the face where it is, the second the same face straight ahead.

import vision::state::{finite, finite3, frame};

const LANES = 128u;
const GROUP = 64u;
const NEAR = 1.0;
/// Height of the near plane: twice the tangent of half the field of view, 63 degrees.
const HEIGHT = 1.2256016;

struct Basis {
    /// On the canonical face, from `center`, and the weight.
    at: vec4f,
    landmark: u32,
}

/// What is known beforehand.
struct Tables {
    /// The weighted middle of the canonical face, and the weighted sum of squared distances from it.
    center: vec3f,
    spread: f32,
    weight: f32,
    /// How many of `basis` count.
    count: u32,
    /// The landmarks that the blendshapes net takes.
    expression: array<u32, 146>,
    basis: array<Basis, 64>,
}

@group(0) @binding(5) var<storage, read> tables: Tables;

var<workgroup> places: array<vec3f, LANES>;
/// Sums of (target) x (source), row by row, of both groups.
var<workgroup> cross_sums: array<f32, 18>;

/// What lays the canonical face onto its places. Not `sound` where nothing does.
struct Fit {
    turn: mat3x3f,
    scale: f32,
    shift: vec3f,
    sound: bool,
}

/// The eigenvector of the largest eigenvalue of a symmetric matrix.
fn main_axis(matrix: mat4x4f) -> vec4f {
    let squares = matrix[0] * matrix[0] + matrix[1] * matrix[1] + matrix[2] * matrix[2] + matrix[3] * matrix[3];
    // Moved so that no eigenvalue is below zero; the largest of a sum of squares is at least a quarter of their trace.
    let moved = sqrt(dot(squares, vec4f(1.0)));
    var start = matrix;
    for (var i = 0u; i < 4u; i++) {
        start[i][i] += moved;
    }
    var power = start;
    for (var turn = 0u; turn < 14u; turn++) {
        power = power * (1.0 / (power[0][0] + power[1][1] + power[2][2] + power[3][3]));
        power = power * power;
    }
    var axis = power[0];
    for (var i = 1u; i < 4u; i++) {
        if dot(power[i], power[i]) > dot(axis, axis) {
            axis = power[i];
        }
    }
    // Rounding is undone by turning the vector once more by the matrix itself.
    for (var turn = 0u; turn < 3u; turn++) {
        axis = normalize(start * normalize(axis));
    }
    return axis;
}

/// Of a quaternion w, x, y, z.
fn rotation(q: vec4f) -> mat3x3f {
    let w = q.x;
    let v = q.yzw;
    let t = 2.0 * v;
    return mat3x3f(
        vec3f(1.0 - t.y * v.y - t.z * v.z, t.x * v.y + t.z * w, t.x * v.z - t.y * w),
        vec3f(t.x * v.y - t.z * w, 1.0 - t.x * v.x - t.z * v.z, t.y * v.z + t.x * w),
        vec3f(t.x * v.z + t.y * w, t.y * v.z - t.x * w, 1.0 - t.x * v.x - t.y * v.y),
    );
}

/// The weighted middle of a group's places.
fn middle(group: u32) -> vec3f {
    var sum = vec3f(0.0);
    for (var i = 0u; i < tables.count; i++) {
        sum += places[group * GROUP + i] * tables.basis[i].at.w;
    }
    return sum / tables.weight;
}

/// One of the nine sums of a group.
fn cross_sum(group: u32, row: u32, column: u32, center: vec3f) -> f32 {
    var sum = 0.0;
    for (var i = 0u; i < tables.count; i++) {
        let at = tables.basis[i].at;
        sum += (places[group * GROUP + i][row] - center[row]) * at[column] * at.w;
    }
    return sum;
}

fn solve(group: u32, center: vec3f) -> Fit {
    let first = group * 9u;
    // Rows.
    let x = vec3f(cross_sums[first], cross_sums[first + 1u], cross_sums[first + 2u]);
    let y = vec3f(cross_sums[first + 3u], cross_sums[first + 4u], cross_sums[first + 5u]);
    let z = vec3f(cross_sums[first + 6u], cross_sums[first + 7u], cross_sums[first + 8u]);
    let trace = x.x + y.y + z.z;
    let axis = vec3f(z.y - y.z, x.z - z.x, y.x - x.y);
    let matrix = mat4x4f(
        vec4f(trace, axis),
        vec4f(axis.x, 2.0 * x.x - trace, x.y + y.x, x.z + z.x),
        vec4f(axis.y, x.y + y.x, 2.0 * y.y - trace, y.z + z.y),
        vec4f(axis.z, x.z + z.x, y.z + z.y, 2.0 * z.z - trace),
    );
    let turn = rotation(main_axis(matrix));
    let sums = transpose(mat3x3f(x, y, z));
    let along = dot(turn[0], sums[0]) + dot(turn[1], sums[1]) + dot(turn[2], sums[2]);
    let scale = along / tables.spread;
    let sound = finite(scale) && scale > 1e-9 && finite3(turn[0]) && finite3(turn[1]) && finite3(turn[2]);
    return Fit(turn, scale, center - turn * tables.center * scale, sound);
}

/// A landmark (uv; z in widths) on the near plane, in centimetres.
fn on_near_plane(at: vec3f) -> vec3f {
    let width = HEIGHT * NEAR * frame.size.x / frame.size.y;
    return vec3f((at.x - 0.5) * width, (0.5 - at.y) * HEIGHT * NEAR, at.z * width);
}

/// Fits the landmark that each lane brings, whose number is that of `tables.basis`: uv, z in widths. `depth` is the mean
/// z of the face on the near plane. Runs in all lanes of a workgroup; each gets the pose of its group, zero where there
/// is none.
fn pose_of(lane: u32, at: vec3f, depth: f32) -> mat4x4f {
    let group = lane / GROUP;
    let own = lane % GROUP;
    let plane = on_near_plane(at);
    var scale = 1.0;
    var sound = true;
    var fit: Fit;
    for (var turn = 0u; turn < 3u; turn++) {
        // First the size on the near plane, then twice with perspective undone at the distance found so far.
        let z = (plane.z - depth + NEAR) / scale;
        places[lane] = select(vec3f(plane.xy * z / NEAR, -z), vec3f(plane.xy, -plane.z), turn == 0u);
        workgroupBarrier();
        let center = middle(group);
        if own < 9u {
            cross_sums[group * 9u + own] = cross_sum(group, own / 3u, own % 3u, center);
        }
        workgroupBarrier();
        fit = solve(group, center);
        sound = sound && fit.sound;
        scale = select(scale * fit.scale, scale, turn == 2u);
    }
    let turned = fit.turn * fit.scale;
    if !sound || !finite3(turned[0]) || !finite3(turned[1]) || !finite3(turned[2]) || !finite3(fit.shift) {
        return mat4x4f();
    }
    return mat4x4f(vec4f(turned[0], 0.0), vec4f(turned[1], 0.0), vec4f(turned[2], 0.0), vec4f(fit.shift, 1.0));
}
