// Metal, cut stones, pearls and velvet in the light of a studio that is as bright as the face.

import antifaz::expression::{yaw};
import antifaz::face::{head_direction};
import antifaz::noise::{random3, value_noise};
import antifaz::prop::{PropPoint, Varying, prop_materials};
import antifaz::shading::{exposure, fresnel, turning};
import antifaz::studio::{studio_diffuse, studio_light};
import package::inputs::{params};

const METAL: u32 = 0u;
const GEM: u32 = 1u;
const PEARL: u32 = 2u;
const VELVET: u32 = 3u;
/// What the metals reflect, straight on.
const METALS = array<vec3f, 3>(vec3f(1.0, 0.64, 0.19), vec3f(0.86, 0.87, 0.89), vec3f(0.98, 0.54, 0.42));
/// Height of the cap, in cm: what is lower on the far side can't be seen.
const CAP: f32 = 3.2;
/// Middle of the crown, in cm (make_crown.py).
const MIDDLE: vec3f = vec3f(0.0, 9.1, -2.55);

/// Larger or smaller; a small crown sits higher, where the head is as narrow as it.
fn sized(point: PropPoint, face: u32) -> PropPoint {
    let narrow = sqrt(max(1.0 - 0.9 * params.size * params.size, 0.0));
    var moved = point;
    moved.position = MIDDLE + (point.position - MIDDLE) * params.size;
    moved.position.y += 5.5 * (narrow - sqrt(0.1));
    if point.material > VELVET {
        // The shadow lies clear of the head, which would hide it.
        moved.position.z += 0.8;
    }
    // In profile the nets see a head as less turned than it is: the crown would stand out before the forehead.
    moved.position.z -= 2.6 * smoothstep(0.4, 0.85, abs(yaw(face)));
    return moved;
}

/// A stone: light goes in, turns at the facets behind, and comes back in its colour.
fn stone(in: Varying, eye: vec3f, normal: vec3f, facing: f32) -> vec3f {
    let into = refract(-eye, normal, 1.0 / 1.7);
    // The facets behind lie in a ring; each direction meets another one.
    let turn = floor(dot(into, vec3f(31.0, 17.0, 7.0)));
    let lean = random3(vec3u(bitcast<u32>(i32(turn)), u32(abs(in.canonical.x) * 2.0 + 40.0), 3u)) - 0.5;
    let back = studio_light(normalize(reflect(into, normalize(normal + lean * 1.5))), 0.1);
    let color = params.gem.rgb;
    let front = studio_light(reflect(-eye, normal), 0.06) * fresnel(facing, vec3f(0.08), 0.05);
    return color * (0.12 + 0.95 * back * params.sparkle) * (0.35 + lean.y + 0.5) + 0.06 * back * params.sparkle
        + front * 0.7;
}

/// Short fibres: dark where looked at along them, light where the surface turns away.
fn cloth(in: Varying, normal: vec3f, facing: f32) -> vec3f {
    let fibres = value_noise(in.canonical.xy * 9.0 + in.canonical.z * 5.0, 11u) * 0.3 + 0.85;
    let color = params.velvet.rgb;
    let rim = pow(1.0 - facing, 2.5);
    return color * fibres * (0.5 * studio_diffuse(normal) + 0.9 * rim) + (color * 0.4 + 0.01) * rim;
}

@fragment
fn wear(in: Varying) -> @location(0) vec4f {
    let eye = normalize(-in.place);
    var normal = normalize(in.normal);
    let bend = turning(normal);
    normal = select(-normal, normal, dot(normal, eye) > 0.0);
    let facing = max(dot(normal, eye), 0.0);
    let surface = prop_materials[in.material];
    let around = exposure(in.skin);
    let place = in.canonical - MIDDLE;
    // The wearer's head and hair fill the crown: what is seen through it from below lies behind them.
    let outward = normalize(head_direction(in.face, vec3f(place.x, 0.0, place.z)));
    let height = place.y + 0.105 * place.z;
    let below_cap = select(height < CAP, dot(in.normal, eye) < 0.0, in.material == VELVET);
    // Beside them it is seen.
    if below_cap && dot(outward, eye) < select(-0.3, 0.0, in.material == VELVET) {
        return vec4f(0.0);
    }
    // Within the crown little light arrives: behind the points, and low on the cap.
    let inner = length(place.xz / vec2f(6.85, 6.9)) / (1.0 + 0.028 * max(place.y, 0.0));
    let open = mix(1.0, smoothstep(-0.5, 4.0, place.y), smoothstep(1.005, 0.99, inner) * 0.65);

    var light = vec3f(0.0);
    if in.material == METAL {
        let rough = sqrt(surface.roughness * surface.roughness + bend);
        // Hammered by hand: the surface is never quite even.
        let dent = vec2f(value_noise(in.canonical.xy * 2.6, 5u), value_noise(in.canonical.zy * 2.6 + 7.0, 6u)) - 0.5;
        // Band and points bulge, which their few triangles don't show.
        let up = head_direction(in.face, vec3f(0.0, 1.0, 0.0));
        let bulge = select(0.10 * (height - 2.6), 0.75 * (height - 0.8), height < 1.6);
        let worked = normalize(normal + vec3f(dent, 0.0) * 0.2 + up * bulge);
        let base = METALS[params.metal];
        light = studio_light(reflect(-eye, worked), rough) * fresnel(facing, base, rough) * 1.25
            + base * base * studio_diffuse(worked) * 0.2;
    } else if in.material == GEM {
        light = stone(in, eye, normal, facing);
    } else if in.material == PEARL {
        // Nacre: a soft shine in slowly changing colours.
        let hue = 0.5 + 0.5 * cos(6.2831853 * (facing * 0.9 + vec3f(0.0, 0.33, 0.67)));
        light = surface.base.rgb * (0.85 * studio_diffuse(normal) * (0.75 + 0.25 * normal.y) + 0.05 * hue)
            + studio_light(reflect(-eye, normal), 0.25) * fresnel(facing, vec3f(0.06), 0.25) * 1.6;
    } else if in.material == VELVET {
        light = cloth(in, normal, facing);
    } else {
        let below = smoothstep(-1.5, 0.1, height);
        return vec4f(0.0, 0.0, 0.0, 0.55 * below * below * smoothstep(0.1, 0.6, facing));
    }
    return vec4f(min(light * around * open, vec3f(1.0)), 1.0);
}
