// Decoding and proposing at once, where the detector's faces are followed in the very frame that it looked at.

import vision::decode::{decode_in};
import vision::propose::{begin_frame};

@compute @workgroup_size(256)
fn find(@builtin(local_invocation_index) lane: u32) {
    decode_in(lane);
    begin_frame(lane);
}
