// Metal, cut stones, pearls and velvet in the light of a studio that is as bright as the face.

import antifaz::expression::{profile, yaw};
import antifaz::face::{head_direction};
import antifaz::noise::{random3, value_noise};
import antifaz::prop::{PropPoint, Varying, breadth, prop_materials};
import antifaz::shading::{exposure, fresnel, turning};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

const METAL: u32 = 0u;
const GEM: u32 = 1u;
const VELVET: u32 = 3u;
const SHADOW: u32 = 4u;
/// Where most light comes from.
const KEY: vec3f = vec3f(-0.451, 0.621, 0.641);
/// What the metals reflect, straight on.
const METALS = array<vec3f, 3>(vec3f(1.0, 0.64, 0.19), vec3f(0.86, 0.87, 0.89), vec3f(0.98, 0.54, 0.42));
/// Heights of the band and of the cap, in cm: what is lower on the far side can't be seen, and from below even more.
const BAND: f32 = 1.7;
const CAP: f32 = 4.6;
/// Middle of the crown, in cm (make_crown.py).
const MIDDLE: vec3f = vec3f(0.0, 9.2, -3.0);

/// Larger or smaller; a small crown sits higher, where the head is as narrow as it.
fn sized(point: PropPoint, face: u32) -> PropPoint {
    let narrow = sqrt(max(1.0 - 0.9 * params.size * params.size, 0.0));
    var moved = point;
    let deep = vec3f(1.0, 1.0, 1.0 + 0.3 * profile(face));
    moved.position = MIDDLE + (point.position - MIDDLE) * params.size * breadth(face) * deep;
    moved.position.y += 5.5 * (narrow - sqrt(0.1));
    // In profile the nets see a head as less turned than it is: the crown would stand out before the forehead.
    moved.position.z -= 2.6 * smoothstep(0.4, 0.85, abs(yaw(face))) + 3.2 * profile(face);
    return moved;
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    var normal = normalize(in.normal);
    let bend = turning(normal);
    normal = select(-normal, normal, dot(normal, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    let surface = prop_materials[in.material];
    let place = in.canonical - MIDDLE;
    let cap = in.material == VELVET;
    // The wearer's head and hair fill the crown: what is seen through it from below lies behind them, and its band ends
    // where it turns away.
    let away = dot(normalize(head_direction(in.face, vec3f(place.x, 0.0, place.z))), eye);
    let height = place.y + 0.105 * place.z;
    let up = head_direction(in.face, vec3f(0.0, 1.0, 0.0));
    let limit = select(select(0.05, -0.5, height > BAND), 0.2, cap);
    let hidden = select(height < CAP + 8.0 * max(-dot(up, eye), 0.0), dot(in.normal, eye) < 0.0, cap);
    let shown = select(1.0, smoothstep(limit - 0.2, limit, away), hidden);
    if shown == 0.0 {
        return vec4f(0.0);
    }
    if in.material == SHADOW {
        let below = smoothstep(-1.9, 0.1, height);
        return vec4f(0.0, 0.0, 0.0, 0.5 * below * below * smoothstep(0.2, 0.7, away));
    }
    // Within the crown little light arrives: behind the points, and low on the cap.
    let inner = length(place.xz / vec2f(7.3, 8.2)) / (1.0 + 0.028 * max(place.y, 0.0));
    let open = mix(1.0, smoothstep(-0.5, 4.0, place.y), smoothstep(1.005, 0.99, inner) * 0.65);
    // Hammer marks on metal, fibres on velvet.
    let scale = select(2.2, 9.0, cap);
    let grain = value_noise(in.canonical.xy * scale + in.canonical.z * scale * vec2f(0.6, 0.3), 5u) - 0.5;

    // All surfaces share the light of the studio: where they mirror it from, how much of it, and how matt they are.
    var toward = reflect(-eye, normal);
    var rough = sqrt(surface.roughness * surface.roughness + bend);
    var straight = vec3f(0.06);
    var gain = vec3f(1.6);
    var matt = surface.base.rgb * 0.85;
    var glow = vec3f(0.0);
    if in.material == METAL {
        // Band and points bulge, which their few triangles don't show.
        let bulge = select(0.10 * (height - 2.6), 0.75 * (height - 0.8), height < 1.6);
        normal = normalize(normal + grain * vec3f(0.16, 0.12, 0.0) + up * bulge);
        toward = reflect(-eye, normal);
        straight = METALS[params.metal];
        gain = vec3f(1.25);
        matt = straight * straight * 0.2;
    } else if in.material == GEM {
        // Light goes in, turns at the facets behind, which lie in a ring, and comes back in the stone's colour: each
        // direction meets another facet.
        let into = refract(-eye, normal, 1.0 / 1.7);
        let turn = bitcast<u32>(i32(floor(dot(into, vec3f(31.0, 17.0, 7.0)))));
        let lean = random3(vec3u(turn, u32(abs(in.canonical.x) * 2.0 + 40.0), 3u)) - 0.5;
        let color = params.gem.rgb * (lean.y + 0.85);
        let flash = smoothstep(0.85, 0.97, dot(toward, KEY));
        toward = normalize(reflect(into, normalize(normal + lean * 1.5)));
        rough = 0.1;
        straight = vec3f(1.0);
        gain = (color * 0.95 + 0.06) * params.sparkle;
        matt = vec3f(0.0);
        glow = color * (0.12 + 0.5 * flash);
    } else if cap {
        // Short fibres: dark where looked at along them, light where the surface turns away.
        let rim = pow(1.0 - facing, 2.5);
        gain = vec3f(0.0);
        matt = params.velvet.rgb * (1.0 + 0.3 * grain) * 0.5;
        glow = (matt * 1.8 + params.velvet.rgb * 0.4 + 0.01) * rim;
    } else {
        // Nacre: slowly changing colours.
        matt *= 0.75 + 0.25 * normal.y;
        glow = 0.02 + 0.03 * normal.zxy;
    }
    let light = matt * studio_diffuse(normal) + studio_light(toward, rough) * fresnel(facing, straight, rough) * gain
        + glow;
    return vec4f(min(light * exposure(in.skin) * open, vec3f(1.0)), 1.0) * shown;
}
