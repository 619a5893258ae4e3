//! naga's judgement, in the author's place and words.

use std::error::Error;

use naga::valid::{Capabilities, ValidationError, ValidationFlags, Validator};

use super::{
    Shader,
    error::{Complaint, ShaderError},
    merged::Merged,
    speak, uniformity,
};

/// Parses and validates the merged text.
pub(super) fn judge(mut merged: Merged, capabilities: Capabilities) -> Result<Shader, ShaderError> {
    let module = naga::front::wgsl::parse_str(&merged.text).map_err(|error| parse_error(&merged, &error))?;
    let mut validator = Validator::new(ValidationFlags::all(), capabilities);
    let info = match validator.validate(&module) {
        Ok(info) => info,
        Err(error) => return Err(validation_error(&merged, &module, &error)),
    };
    // A guard never costs its author a shader: one that doesn't fit is left out.
    if let Some(guarded) = merged.with_inserts()
        && let Ok(module) = naga::front::wgsl::parse_str(&guarded)
        && Validator::new(ValidationFlags::all(), capabilities).validate(&module).is_ok()
    {
        merged.compile_instead(guarded);
    }
    let warnings = uniformity::suspects(&module, &info);
    let warnings = warnings.into_iter().map(|suspect| merged.error(suspect)).collect();
    Ok(Shader::new(merged, module, info, warnings))
}

fn parse_error(merged: &Merged, error: &naga::front::wgsl::ParseError) -> ShaderError {
    let (at, label) = error
        .labels()
        .next()
        .map_or((0, ""), |(span, label)| (span.to_range().map_or(0, |range| range.start), label));
    let mut message = error.message().to_owned();
    if !label.is_empty() && !message.contains(label) && !message.contains('`') {
        message = format!("{message}: {label}");
    }
    let mut complaint = Complaint::new(at, speak::plainly(message));
    let unknown = ["no definition in scope for identifier: `", "invalid field accessor `"]
        .iter()
        .find_map(|start| error.message().strip_prefix(start)?.split('`').next());
    if let Some(name) = unknown {
        complaint.hint = merged.nearest_name(name).map(|near| format!("did you mean `{near}`?"));
    }
    if complaint.hint.is_none() {
        complaint.hint = error.notes().next().map(|note| {
            // A note that a list should follow is none without it.
            let note = note.trim_end_matches(|c: char| c == ':' || c.is_whitespace());
            speak::plainly(merged.authors_words(note))
        });
        complaint.hint = complaint.hint.filter(|hint| !hint.ends_with("the following types"));
    }
    merged.error(complaint)
}

fn validation_error(
    merged: &Merged,
    module: &naga::Module,
    error: &naga::WithSpan<ValidationError>,
) -> ShaderError {
    let mut deepest: &dyn Error = error.as_inner();
    while let Some(cause) = deepest.source() {
        deepest = cause;
    }
    let message = speak::in_wgsl(merged, module, error.as_inner()).unwrap_or_else(|| deepest.to_string());
    // The last span is the cause's own; those before are of what contains it.
    let spans = error.spans().filter_map(|(span, _)| span.to_range());
    let at = spans
        .min_by_key(|range| range.end - range.start)
        .map(|range| range.start)
        // An entry point that takes what another module declares is wrong itself.
        .filter(|at| !speak::is_of_entry(error.as_inner()) || merged.is_root(*at))
        .unwrap_or_else(|| speak::place(merged, module, error.as_inner()));
    merged.error(Complaint::new(at, speak::plainly(message)))
}
