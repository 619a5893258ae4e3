// Where the head is: the canonical face is laid onto the landmarks. `tracking::pose` is its twin, in double precision
// and with Jacobi's rotations; here the eigenvector comes from squaring Horn's matrix.
//
// The twin fits three times: on the near plane, and twice with perspective undone at the distance found so far. That
// distance only scales the places with perspective undone: it turns nothing, and what scale it leaves to the next fit
// cancels out. So one fit, of places at distance one, says it all; its scale is the distance.
//
// The face is fitted straight ahead. Where it is, its places are moved along the near plane, which moves the sums of the
// fit by known amounts; so one lane finds the one pose and its neighbour the other.

import vision::state::{finite, finite3, frame};

/// Lanes of the workgroup; points that the pose is fitted to, one in each of the first lanes; lanes that put sums
/// together.
const LANES = 128u;
const POINTS = 64u;
const PARTS = 8u;
/// Height of the near plane, which is one centimetre away: twice the tangent of half the field of view, 63 degrees.
const HEIGHT = 1.2256016;

struct Basis {
    /// On the canonical face, from its weighted middle, and the weight: all weights make one. Those that don't count have
    /// none.
    at: vec4f,
    landmark: u32,
}

/// What is known beforehand.
struct Tables {
    /// The weighted middle of the canonical face, and the weighted mean of squared distances from it.
    canonical: vec4f,
    /// The landmarks that the blendshapes net takes.
    expression: array<u32, 146>,
    basis: array<Basis, 64>,
}

@group(0) @binding(5) var<storage, read> tables: Tables;

var<workgroup> depths: array<f32, LANES>;
var<workgroup> depth_parts: array<f32, PARTS>;
/// Of each point, and of some together: the weighted place, times the point on the canonical face and times one. A column
/// for each axis of the place.
var<workgroup> shares: array<mat3x4f, POINTS>;
var<workgroup> share_parts: array<mat3x4f, PARTS>;

/// The square of a symmetric matrix.
fn squared(m: mat4x4f) -> mat4x4f {
    let xy = dot(m[0], m[1]);
    let xz = dot(m[0], m[2]);
    let xw = dot(m[0], m[3]);
    let yz = dot(m[1], m[2]);
    let yw = dot(m[1], m[3]);
    let zw = dot(m[2], m[3]);
    return mat4x4f(
        vec4f(dot(m[0], m[0]), xy, xz, xw),
        vec4f(xy, dot(m[1], m[1]), yz, yw),
        vec4f(xz, yz, dot(m[2], m[2]), zw),
        vec4f(xw, yw, zw, dot(m[3], m[3])),
    );
}

fn longer(a: vec4f, b: vec4f) -> vec4f {
    return select(a, b, dot(b, b) > dot(a, a));
}

/// The eigenvector of the largest eigenvalue of a symmetric matrix.
fn main_axis(matrix: mat4x4f) -> vec4f {
    let squares = matrix[0] * matrix[0] + matrix[1] * matrix[1] + matrix[2] * matrix[2] + matrix[3] * matrix[3];
    // Moved so that no eigenvalue is below zero; the largest of a sum of squares is at least a quarter of their trace.
    let moved = mat4x4f(1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0);
    let start = matrix * inverseSqrt(dot(squares, vec4f(1.0))) + moved;
    var power = start;
    for (var turn = 0u; turn < 7u; turn++) {
        power = squared(squared(power * (1.0 / (power[0].x + power[1].y + power[2].z + power[3].w))));
    }
    let axis = longer(longer(power[0], power[1]), longer(power[2], power[3]));
    // Rounding is undone by turning the vector once more by the matrix itself.
    return normalize(start * (start * (start * normalize(axis))));
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

/// Lays the canonical face onto the places whose `sums` these are; zero where it can't be laid.
fn solve(sums: mat3x4f, canonical: vec4f) -> mat4x4f {
    // Rows.
    let x = sums[0].xyz;
    let y = sums[1].xyz;
    let z = sums[2].xyz;
    let trace = x.x + y.y + z.z;
    let axis = vec3f(z.y - y.z, x.z - z.x, y.x - x.y);
    let matrix = mat4x4f(
        vec4f(trace, axis),
        vec4f(axis.x, 2.0 * x.x - trace, x.y + y.x, x.z + z.x),
        vec4f(axis.y, x.y + y.x, 2.0 * y.y - trace, y.z + z.y),
        vec4f(axis.z, x.z + z.x, y.z + z.y, 2.0 * z.z - trace),
    );
    let turn = rotation(main_axis(matrix));
    let crossed = transpose(mat3x3f(x, y, z));
    let along = dot(turn[0], crossed[0]) + dot(turn[1], crossed[1]) + dot(turn[2], crossed[2]);
    let distance = along / canonical.w;
    let shift = vec3f(sums[0].w, sums[1].w, sums[2].w) / distance - turn * canonical.xyz;
    let sound = finite(distance) && distance > 1e-9 && finite3(shift);
    if !sound || !finite3(turn[0]) || !finite3(turn[1]) || !finite3(turn[2]) {
        return mat4x4f();
    }
    return mat4x4f(vec4f(turn[0], 0.0), vec4f(turn[1], 0.0), vec4f(turn[2], 0.0), vec4f(shift, 1.0));
}

/// A landmark (uv, from some middle; z in widths) on the near plane, in centimetres.
fn on_near_plane(at: vec3f) -> vec3f {
    let width = HEIGHT * frame.size.x / frame.size.y;
    return vec3f(at.x * width, -at.y * HEIGHT, at.z * width);
}

/// The sum of what all lanes bring. Runs in all lanes.
fn sum_depths(lane: u32, depth: f32) -> f32 {
    depths[lane] = depth;
    workgroupBarrier();
    if lane < PARTS {
        var part = 0.0;
        for (var i = 0u; i < LANES / PARTS; i++) {
            part += depths[lane + i * PARTS];
        }
        depth_parts[lane] = part;
    }
    workgroupBarrier();
    var sum = 0.0;
    for (var i = 0u; i < PARTS; i++) {
        sum += depth_parts[i];
    }
    return sum;
}

/// The sum of what the first lanes bring. Runs in all lanes.
fn sum_shares(lane: u32, share: mat3x4f) -> mat3x4f {
    if lane < POINTS {
        shares[lane] = share;
    }
    workgroupBarrier();
    if lane < PARTS {
        var part = shares[lane];
        for (var i = 1u; i < POINTS / PARTS; i++) {
            part += shares[lane + i * PARTS];
        }
        share_parts[lane] = part;
    }
    workgroupBarrier();
    var sum = share_parts[0];
    for (var i = 1u; i < PARTS; i++) {
        sum += share_parts[i];
    }
    return sum;
}

/// Fits the landmark that each of the first lanes brings, and whose basis: uv, z in widths. `middle` is that of the eyes,
/// `depth` the mean z of the face. Runs in all lanes of a workgroup; lane 0 gets the pose of the face where it is, lane 1
/// that of the same face straight ahead, zero where there is none.
fn pose_of(lane: u32, basis: vec4f, at: vec3f, middle: vec2f, depth: f32, canonical: vec4f) -> mat4x4f {
    let plane = on_near_plane(at - vec3f(middle, depth));
    let away = plane.z + 1.0;
    let place = vec3f(plane.xy * away, -away);
    let source = vec4f(basis.xyz, 1.0) * basis.w;
    var sums = sum_shares(lane, mat3x4f(source * place.x, source * place.y, source * place.z));
    if lane == 0u {
        let moved = on_near_plane(vec3f(middle - 0.5, 0.0));
        sums[0] -= sums[2] * moved.x;
        sums[1] -= sums[2] * moved.y;
    }
    if lane > 1u {
        return mat4x4f();
    }
    return solve(sums, canonical);
}
