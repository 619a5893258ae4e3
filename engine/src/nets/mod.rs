//! Small nets, from the files that their makers publish.
