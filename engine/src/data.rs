//! Where models and filters are found.
