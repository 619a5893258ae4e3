//! Picture in, scene out.
