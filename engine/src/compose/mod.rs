//! Scene in, picture out: an ordered list of passes.
