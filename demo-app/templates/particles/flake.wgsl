// A pass in the space `particles`: the function below runs for each pixel of each particle's square.

import antifaz::noise::{random};
import antifaz::particles::{Varying};
import antifaz::sdf::{circle, segment};

@fragment
fn draw(in: Varying) -> @location(0) vec4f {
    // -1..1 across the square. The engine has turned it by the particle's `spin`.
    let p = in.uv * 2.0 - 1.0;
    let pixel = 2.0 * length(vec2f(dpdx(in.uv.x), dpdy(in.uv.x)));

    // A star of six needles, blurred more or less; from afar it is a dot. `antifaz::sdf` has many shapes: what is negative
    // lies inside.
    let turn = 1.0471976 * round(atan2(p.y, p.x) / 1.0471976);
    let needle = segment(p, vec2f(0.0), 0.8 * vec2f(cos(turn), sin(turn))) - 0.1;
    let dot = circle(p, 0.6);
    let shape = mix(needle, dot, smoothstep(0.06, 0.2, pixel));
    let soft = max(pixel, 0.1 + 0.4 * random(in.seed, 7u));
    return in.color * smoothstep(soft, -soft, shape);
}
