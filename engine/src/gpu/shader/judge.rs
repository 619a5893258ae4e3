//! naga's judgement, in the author's place and words.

use std::error::Error;

use naga::valid::{Capabilities, ValidationError, ValidationFlags, Validator};

use super::{
    Shader,
    error::{Complaint, ShaderError},
    guard::FINITE,
    habits,
    merged::Merged,
    pointers, speak, uniformity,
};

/// Parses and validates the merged text.
pub(super) fn judge(merged: Merged, capabilities: Capabilities) -> Result<Shader, ShaderError> {
    let module = naga::front::wgsl::parse_str(&merged.text).map_err(|error| parse_error(&merged, &error))?;
    let mut validator = Validator::new(ValidationFlags::all(), capabilities);
    let info = match validator.validate(&module) {
        Ok(info) => info,
        Err(error) => return Err(validation_error(&merged, &module, &error)),
    };
    if let Some(complaint) = pointers::to_parts(&module) {
        return Err(merged.error(complaint));
    }
    let mut guarded = None;
    if let Some(text) = merged.with_inserts() {
        // What can't be guarded is not let pass.
        guarded = Some(valid(&text, capabilities).ok_or_else(|| unguarded(&merged))?);
    }
    let warnings = uniformity::suspects(&module, &info);
    let warnings = warnings.into_iter().map(|suspect| merged.error(suspect)).collect();
    Ok(Shader { merged, module, info, guarded, warnings })
}

fn valid(text: &str, capabilities: Capabilities) -> Option<naga::Module> {
    let module = naga::front::wgsl::parse_str(text).ok()?;
    Validator::new(ValidationFlags::all(), capabilities).validate(&module).ok()?;
    Some(module)
}

/// Why a shader is none any more with its guards.
fn unguarded(merged: &Merged) -> ShaderError {
    let colour = merged.inserts.iter().find(|(_, text)| text == FINITE);
    let (at, message) = match colour {
        Some((at, _)) => (*at, "what goes into a target of numbers must be one colour, `vec4f`"),
        None => {
            (merged.inserts.first().map_or(0, |first| first.0), "the turns of this loop can't be counted")
        }
    };
    merged.error(Complaint::new(at, message))
}

fn parse_error(merged: &Merged, error: &naga::front::wgsl::ParseError) -> ShaderError {
    let (at, label) = error
        .labels()
        .next()
        .map_or((0, ""), |(span, label)| (span.to_range().map_or(0, |range| range.start), label));
    let mut message = error.message().to_owned();
    if !label.is_empty() && label != "see msg" && !message.contains(label) && !message.contains('`') {
        message = format!("{message}: {label}");
    }
    let mut complaint = Complaint::new(at, speak::plainly(message));
    let unknown = ["no definition in scope for identifier: `", "invalid field accessor `"]
        .iter()
        .find_map(|start| error.message().strip_prefix(start)?.split('`').next());
    complaint.hint = habits::hint(&merged.text, at, error.message()).map(str::to_owned);
    if let (Some(name), None) = (unknown, &complaint.hint) {
        complaint.hint = merged.nearest_name(name).map(|near| format!("did you mean `{near}`?"));
    }
    // naga says which word it is, but not that only its being a name is wrong.
    if let Some(word) =
        error.message().strip_prefix("name `").and_then(|rest| rest.strip_suffix("` is a reserved keyword"))
    {
        complaint.message = format!("`{word}` is a word of WGSL itself, also where it means nothing yet");
        complaint.hint = Some(format!("choose another name, such as `my_{word}`"));
    }
    if complaint.hint.is_none() {
        complaint.hint = error.notes().next().map(|note| {
            // A note that a list should follow is none without it.
            let note = note.trim_end_matches(|c: char| c == ':' || c.is_whitespace());
            speak::plainly(merged.authors_words(note))
        });
        complaint.hint =
            complaint.hint.filter(|hint| !hint.ends_with("the following types") && !hint.contains("Naga"));
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
