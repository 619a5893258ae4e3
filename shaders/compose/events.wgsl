// Events of a filter, one invocation for each event and slot. `filter::event` says what they mean, and is the twin.

import antifaz::event::{NEVER, State};
import antifaz::expression;
import antifaz::face::{FACES, faces};
import antifaz::frame::{frame};

struct Rule {
    source: u32,
    threshold: f32,
    release: f32,
}

@group(1) @binding(0) var<storage, read> rules: array<vec4u>;
@group(1) @binding(1) var<storage, read_write> states: array<State>;

// Coefficients come before.
const SMILE = 52u;
const MOUTH_OPEN = 53u;
const BLINK = 54u;
const BROW_UP = 55u;
const YAW = 56u;
const PITCH = 57u;
const ROLL = 58u;
const PRESENT = 59u;
const TAP = 60u;
const TIME = 61u;

@compute @workgroup_size(64)
fn advance(@builtin(global_invocation_id) at: vec3u) {
    if at.x >= arrayLength(&states) {
        return;
    }
    let coded = rules[at.x / FACES];
    let rule = Rule(coded.x, bitcast<f32>(coded.y), bitcast<f32>(coded.z));
    var state = states[at.x];
    if frame.anew == 1u {
        state = unborn(0u);
    }
    state.event.since += frame.delta;
    switch rule.source {
        case TAP: {
            strike(&state, frame.taps, 0.0);
        }
        case TIME: {
            state.event.value += frame.delta;
            let periods = floor(state.event.value / rule.threshold);
            state.event.value -= periods * rule.threshold;
            strike(&state, u32(periods), state.event.value);
        }
        default: {
            watch(&state, rule, at.x % FACES);
        }
    }
    states[at.x] = state;
}

fn unborn(face: u32) -> State {
    var state: State;
    state.event.since = NEVER;
    state.face = face;
    return state;
}

/// Begins and ends within a frame, `times` times, the last time `since` seconds ago.
fn strike(state: ptr<function, State>, times: u32, since: f32) {
    (*state).event.on = select(0.0, 1.0, times > 0u);
    if times > 0u {
        (*state).event.since = since;
        (*state).event.count += times;
    }
}

fn watch(state: ptr<function, State>, rule: Rule, face: u32) {
    let present = faces[face].presence > 0.0;
    if present && (*state).face != faces[face].id + 1u {
        *state = unborn(faces[face].id + 1u);
    }
    let value = select(0.0, shown(rule.source, face), present);
    let facing = select(1.0, -1.0, rule.threshold < 0.0);
    let limit = select(rule.threshold, rule.release, (*state).event.on > 0.0);
    let on = present && facing * value >= facing * limit;
    if on && (*state).event.on == 0.0 {
        (*state).event.since = 0.0;
        (*state).event.count += 1u;
    }
    (*state).event.value = value;
    (*state).event.on = select(0.0, 1.0, on);
}

/// What a face shows of a source.
fn shown(source: u32, face: u32) -> f32 {
    switch source {
        case SMILE: { return expression::smile(face); }
        case MOUTH_OPEN: { return expression::mouth_open(face); }
        case BLINK: { return expression::blink(face); }
        case BROW_UP: { return expression::brow_up(face); }
        case YAW: { return expression::yaw(face); }
        case PITCH: { return expression::pitch(face); }
        case ROLL: { return expression::roll(face); }
        case PRESENT: { return faces[face].presence; }
        default: { return antifaz::face::blendshape(face, source); }
    }
}
