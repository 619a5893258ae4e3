//! Looks: manifests on disk, resolved before they meet a frame.
