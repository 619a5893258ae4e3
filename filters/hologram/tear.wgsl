// Rows that tear.

import antifaz::frame::{frame};
import antifaz::noise::{random3};
import package::inputs::{params};

/// How far a row is torn sideways, in picture widths: now and then a band jumps, the rest trembles.
fn tear(row: f32) -> f32 {
    let tick = u32(frame.time * 14.0);
    let luck = random3(vec3u(tick, 3u, 5u));
    let band = abs(row - luck.y) < 0.02 + 0.07 * luck.z;
    let fine = random3(vec3u(tick, u32(row * 90.0), 9u)).x - 0.5;
    let jump = select(0.0, (luck.z - 0.5) * 0.09 + fine * 0.02, band && luck.x < params.glitch * 0.6);
    return jump + fine * 0.0016 * params.glitch;
}
