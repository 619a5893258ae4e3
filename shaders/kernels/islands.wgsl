// Drops what a mask half believes and that hangs together with nothing that it is sure of, and fills such holes: hysteresis,
// as John Canny's edges have it (A Computational Approach to Edge Detection, 1986), for areas. `kernels::islands::cpu` is
// the twin.
//
// Cells are bits, 32 a word; a row has 8 words. Four tables of 256 rows: where there may be a person, where one is sure;
// where there may be background, where it is sure. `spread` leaves in the first of each pair what hangs together with the second.

const ROW = 8u;
const TABLE = 2048u;
/// A person from here on is sure, and so is background up to as far from 0.
const SURE = 0.98;

/// The mask in alpha, no larger than 256 x 256.
@group(0) @binding(0) var pairs: texture_2d<f32>;
@group(0) @binding(1) var<storage, read_write> cells: array<u32>;
@group(0) @binding(2) var<storage, read> found: array<u32>;

/// A word of each table.
@compute @workgroup_size(64)
fn pack(@builtin(global_invocation_id) at: vec3u) {
    let size = textureDimensions(pairs);
    let row = at.x / ROW;
    let column = (at.x % ROW) * 32u;
    var words = vec4u(0u);
    for (var i = 0u; i < 32u; i++) {
        if row < size.y && column + i < size.x {
            let person = textureLoad(pairs, vec2u(column + i, row), 0).a;
            words |= vec4u(vec4<bool>(person > 0.0, person >= SURE, person < 1.0, person <= 1.0 - SURE)) << vec4u(i);
        }
    }
    for (var table = 0u; table < 4u; table++) {
        cells[table * TABLE + at.x] = words[table];
    }
}

var<workgroup> rows: array<array<u32, ROW>, 256>;
var<workgroup> changes: atomic<u32>;
var<workgroup> changed: u32;

/// Whether any lane says so.
fn any_lane(lane: u32, says: bool) -> bool {
    if lane == 0u {
        atomicStore(&changes, 0u);
    }
    workgroupBarrier();
    if says {
        atomicStore(&changes, 1u);
    }
    workgroupBarrier();
    if lane == 0u {
        changed = atomicLoad(&changes);
    }
    return workgroupUniformLoad(&changed) != 0u;
}

/// The bits whose neighbours up to two to either side are set too.
fn eroded(row: array<u32, ROW>) -> array<u32, ROW> {
    var word = row;
    var to = row;
    for (var i = 0u; i < ROW; i++) {
        let low = select(0u, word[max(i, 1u) - 1u], i > 0u);
        let high = select(0u, word[min(i + 1u, ROW - 1u)], i + 1u < ROW);
        to[i] &= ((word[i] << 1u) | (low >> 31u)) & ((word[i] << 2u) | (low >> 30u));
        to[i] &= ((word[i] >> 1u) | (high << 31u)) & ((word[i] >> 2u) | (high << 30u));
    }
    return to;
}

/// The runs of `open` in which any bit of `seeds` lies.
fn filled(seeds: array<u32, ROW>, open: array<u32, ROW>) -> array<u32, ROW> {
    var to = seeds;
    var within = open;
    var carry = 0u;
    for (var i = 0u; i < ROW; i++) {
        var free = within[i];
        to[i] = (to[i] | carry) & free;
        for (var step = 1u; step < 32u; step *= 2u) {
            to[i] |= free & (to[i] << step);
            free &= free << step;
        }
        carry = to[i] >> 31u;
    }
    carry = 0u;
    for (var i = ROW; i > 0u; i--) {
        var free = within[i - 1u];
        to[i - 1u] |= (carry << 31u) & free;
        for (var step = 1u; step < 32u; step *= 2u) {
            to[i - 1u] |= free & (to[i - 1u] >> step);
            free &= free >> step;
        }
        carry = to[i - 1u] & 1u;
    }
    return to;
}

/// The words of a row, those of a row outside are 0.
fn row_at(row: i32) -> array<u32, ROW> {
    if row < 0 || row > 255 {
        return array<u32, ROW>();
    }
    return rows[row];
}

/// A workgroup for the person, one for the background; a lane for each row.
@compute @workgroup_size(256)
fn spread(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
    let first = group.x * 2u * TABLE + lane * ROW;
    let row = i32(lane);
    var open = array<u32, ROW>();
    var sure = array<u32, ROW>();
    for (var i = 0u; i < ROW; i++) {
        open[i] = cells[first + i];
        sure[i] = cells[first + TABLE + i];
    }
    // One cell alone is soon sure of anything: five by five must be.
    rows[lane] = eroded(sure);
    workgroupBarrier();
    var own = rows[lane];
    for (var shift = -2; shift <= 2; shift++) {
        var other = row_at(row + shift);
        for (var i = 0u; i < ROW; i++) {
            own[i] &= other[i];
        }
    }
    workgroupBarrier();
    rows[lane] = own;
    var seeded = false;
    for (var i = 0u; i < ROW; i++) {
        seeded = seeded || own[i] != 0u;
    }
    // Where nothing is sure, all stays.
    if !any_lane(lane, seeded) {
        return;
    }
    // From the seeds on, each turn reaches one row further.
    for (var turn = 0u; turn < 32768u; turn++) {
        var above = row_at(row - 1);
        var below = row_at(row + 1);
        var seeds = own;
        for (var i = 0u; i < ROW; i++) {
            seeds[i] |= above[i] | below[i];
        }
        seeds = filled(seeds, open);
        var grows = false;
        for (var i = 0u; i < ROW; i++) {
            grows = grows || seeds[i] != own[i];
        }
        own = seeds;
        let goes_on = any_lane(lane, grows);
        rows[lane] = own;
        workgroupBarrier();
        if !goes_on {
            break;
        }
    }
    for (var i = 0u; i < ROW; i++) {
        cells[first + i] = own[i];
    }
}

@vertex
fn vertex(@builtin(vertex_index) index: u32) -> @builtin(position) vec4f {
    let uv = vec2f(f32((index << 1u) & 2u), f32(index & 2u));
    return vec4f(uv * 2.0 - 1.0, 0.0, 1.0);
}

fn is_found(table: u32, at: vec2u) -> bool {
    return ((found[table * TABLE + at.y * ROW + at.x / 32u] >> (at.x % 32u)) & 1u) != 0u;
}

/// The pairs, with islands taken for background and holes for person.
@fragment
fn settle(@builtin(position) position: vec4f) -> @location(0) vec4f {
    let at = vec2u(position.xy);
    let cell = textureLoad(pairs, at, 0);
    let filled = select(1.0, cell.a, cell.a >= 1.0 || is_found(2u, at));
    return vec4f(cell.rgb, select(0.0, filled, is_found(0u, at)));
}
