//! Image kernels, each beside its CPU twin.
