// Hair on the face mesh. Roots lie in the cells of a grid on the skin. A pixel looks upstream, against the direction
// in which hair lies, for roots whose hair is long enough to reach it.

import antifaz::color::{luma, over};
import antifaz::face::{landmark};
import antifaz::face_mesh::{Varying};
import antifaz::frame::{frame, linear, picture_at};
import antifaz::noise::{random3};
import antifaz::shading::{brightness, tint};
import package::inputs::{beard, moustache, params};

const HANDLEBAR: u32 = 1u;
const GOATEE: u32 = 2u;
const STUBBLE: u32 = 4u;
/// Places are in thousandths of the face texture; the grid's cells are at least this large.
const CELL: f32 = 3.6;
const STEPS: i32 = 12;

/// A hair that covers a pixel.
struct Hair {
    cover: f32,
    /// 0 at its root, 1 at its tip.
    along: f32,
    /// From one side (-1) to the other (1).
    round: f32,
    luck: vec2f,
}

/// How dense hair grows at a place (x), and its direction in turns (y).
fn growth(at: vec2f, upper: bool) -> vec2f {
    let uv = vec2f(min(at.x, 1000.0 - at.x), at.y - 500.0) / 500.0;
    if any(uv < vec2f(0.0)) {
        return vec2f(0.0, 0.25);
    }
    if upper {
        let lip = textureSampleLevel(moustache, linear, uv, 0.0);
        return select(lip.xz, lip.yw, params.style == HANDLEBAR);
    }
    let chin = textureSampleLevel(beard, linear, uv, 0.0);
    let grows = select(chin.r, chin.g, params.style == GOATEE) * select(0.0, 1.0, params.style >= GOATEE);
    return vec2f(grows, chin.b);
}

/// The direction in which hair lies, on either side of the face.
fn direction(at: vec2f, turn: f32) -> vec2f {
    let angle = turn * 6.2831853;
    return vec2f(cos(angle) * select(1.0, -1.0, at.x > 500.0), sin(angle));
}

/// The uppermost hair over a place, of those whose roots lie in a grid of this cell size.
fn hair_at(start: vec2f, cell: f32, reach: f32, pixel: f32, upper: bool) -> Hair {
    var best = Hair(0.0, 0.0, 0.0, vec2f(0.0));
    var at = start;
    for (var i = 0; i < STEPS; i++) {
        let grown = growth(at, upper);
        let ahead = direction(at, grown.y);
        let across_hair = vec2f(-ahead.y, ahead.x);
        // Hairs of the nearest cell beside this one reach over its edge.
        let inner = fract(at / cell) - 0.5;
        let aside = select(vec2f(0.0, sign(inner.y)), vec2f(sign(inner.x), 0.0), abs(across_hair.x) > abs(across_hair.y));
        let dense = grown.x * params.density * select(1.15, 0.65, params.style == STUBBLE);
        // Where few grow they are thin.
        let fine = smoothstep(0.0, 0.5, dense);
        for (var side = 0; side < 2; side++) {
            let spot = vec2i(floor(at / cell) + aside * f32(side));
            let luck = random3(vec3u(bitcast<vec2u>(spot), select(17u, 18u, upper)));
            let root = (vec2f(spot) + 0.08 + 0.84 * luck.xy) * cell;
            // How long this hair is, and where along it the pixel lies.
            let long = reach * (0.5 + 0.5 * luck.z);
            let along = dot(start - root, ahead) / long;
            // A hair thinner than a pixel is drawn as wide as one, and fades instead.
            let own = cell * 0.5 * (1.0 - 0.6 * clamp(along, 0.0, 1.0));
            let half = max(own, 0.9 * pixel);
            let across = dot(at - root, across_hair) / half;
            let grows = select(0.0, fine * own / half, fract(luck.x * 7.3 + luck.y * 3.1) < dense);
            let cover = grows * smoothstep(1.0, 0.15, abs(across)) * smoothstep(-0.1, 0.2, along)
                * smoothstep(1.0, 0.7, along);
            if cover > best.cover {
                best = Hair(cover, along, across, fract(luck.yz * 5.7));
            }
        }
        at -= ahead * reach / f32(STEPS);
    }
    return best;
}

/// Colour of a hair in the light that falls on the skin. Where hairs are as thin as pixels (`sharp` 0) all look alike.
fn shaded(hair: Hair, light: vec3f, gleam: f32, sharp: f32) -> vec3f {
    let luck = mix(0.5, hair.luck.y, sharp);
    let turned = smoothstep(1.0 - params.grey - 0.02, 1.0 - params.grey + 0.02, hair.luck.x) * step(0.001, params.grey);
    let grey = mix(params.grey, turned, sharp);
    let silver = vec3f(0.46, 0.45, 0.44) * (0.5 + 0.5 * luck);
    let own = mix(params.color.rgb * (0.55 + 0.9 * luck), silver, grey);
    // Roots lie in the shade; each hair is a thin rod with a gleam on its upper side.
    let rod = 1.0 - 0.45 * sharp * hair.round * hair.round;
    let depth = mix(0.45, 1.1, mix(0.5, hair.along, 0.4 + 0.6 * sharp));
    return (own * depth * rod + gleam * (0.4 + own) * hair.along * luck) * light;
}

/// One of the two layers, premultiplied.
fn layer(in: Varying, upper: bool, pixel: f32, light: vec3f, gleam: f32) -> vec4f {
    let at = in.uv * 1000.0;
    if upper && at.y > 780.0 {
        return vec4f(0.0);
    }
    let reach = mix(9.0, select(44.0, 32.0, upper), params.length) * select(1.0, 0.25, params.style == STUBBLE);
    // Cells are not finer than pixels; between two sizes of cells one fades into the other.
    let level = max(log2(2.0 * pixel / CELL), 0.0);
    let sharp = clamp(1.25 - 0.16 * pixel, 0.7, 1.0);
    let cell = CELL * exp2(floor(level)) * select(1.0, 0.62, params.style == STUBBLE);
    var hairs = vec4f(0.0);
    for (var i = 0; i < select(1, 2, level > 0.0); i++) {
        let wide = cell * f32(1 + i);
        let hair = hair_at(at, wide, max(reach, wide * 2.0), pixel, upper);
        let share = select(1.0 - fract(level), fract(level), i == 1);
        hairs += vec4f(shaded(hair, light, gleam, sharp), 1.0) * hair.cover * share;
    }
    // Where hairs are as thin as pixels, what is seen is their mean.
    let blurred = smoothstep(2.0, 6.0, pixel);
    hairs *= select(1.0, 0.6, params.style == STUBBLE) * (1.0 - 0.4 * blurred);
    // Under the hairs the skin is dark with roots that are too fine to draw.
    let grown = growth(at, upper).x * params.density;
    let soft = mix(smoothstep(0.1, 0.72, grown), grown * grown * (3.9 - 2.9 * grown), blurred);
    let ground = soft * select(mix(0.86, 0.95, blurred), 0.3, params.style == STUBBLE);
    return over(hairs, vec4f(params.color.rgb * light * mix(0.35, 0.5, blurred), 1.0) * ground);
}

@fragment
fn grow(in: Varying) -> @location(0) vec4f {
    if in.uv.y < 0.5 {
        return vec4f(0.0);
    }
    let eyes = (landmark(in.face, 263u) - landmark(in.face, 33u)) * vec3f(frame.size.x, frame.size.y, frame.size.x);
    let pixel = 440.0 / max(length(eyes), 4.0);
    let skin = picture_at(in.at).rgb;
    // Hair takes the light of the skin below, less its own spots: the mean of a few places around.
    var around = 0.0;
    for (var i = 0; i < 3; i++) {
        let angle = f32(i) * 2.0943951 + 0.5;
        around += luma(picture_at(in.at + vec2f(cos(angle), sin(angle)) * length(eyes) * 0.05 / frame.size).rgb);
    }
    let shade = clamp((luma(skin) + around) / 4.0 / max(in.skin.w, 0.004), 0.25, 1.8);
    let exposure = brightness(in.skin, 0.26, 0.7, 0.12, 1.2);
    let light = exposure * shade * tint(in.skin, 0.2);
    let normal = normalize(in.normal);
    // Hair that lies down gleams where its direction turns across the light from above.
    let gleam = select(0.025, 0.0, params.style == STUBBLE) * pow(clamp(1.0 - abs(normal.y - 0.15), 0.0, 1.0), 4.0);
    // The mesh ends at the jaw, hair fades before it does.
    let edge = textureSampleLevel(beard, linear, vec2f(min(in.uv.x, 1.0 - in.uv.x), in.uv.y - 0.5) * 2.0, 0.0).a;
    // Beside the ears nothing is left: a strip there would stand out from a cheek that turns away.
    let ears = smoothstep(4.4, 6.0, abs(in.canonical.x)) * smoothstep(-4.8, -2.4, in.canonical.y);
    // The moustache lies over the beard, where there is one.
    var hairs = vec4f(0.0);
    for (var i = select(1, 0, params.style >= GOATEE); i < 2; i++) {
        hairs = over(layer(in, i == 1, pixel, light, gleam), hairs);
    }
    return hairs * edge * (1.0 - ears);
}
