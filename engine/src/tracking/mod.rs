//! Keeps identities and smooth positions from frame to frame.

pub mod pose {
    //! Head pose from landmarks.
}

/// Names of the expression coefficients, in the order of the net's output.
pub const BLENDSHAPE_NAMES: [&str; 52] = [""; 52];
