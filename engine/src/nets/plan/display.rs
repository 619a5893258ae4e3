//! Plans as text.

use std::fmt;

use super::{Activation, Plan, Step, ValueId};

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for &id in &self.inputs {
            writeln!(f, "input   {}", self.shown(id))?;
        }
        for (index, step) in self.steps.iter().enumerate() {
            write!(f, "{index:>4} {} {:<44}", self.brace(index), step.to_string())?;
            let reads: Vec<String> = step.inputs.iter().map(|&id| self.shown(id)).collect();
            write!(f, " {}", reads.join(", "))?;
            if let Some(residual) = step.residual {
                write!(f, " + {}", self.shown(residual))?;
            }
            writeln!(f, " -> {}  {}", self.shown(step.output), self.values[step.output].name)?;
        }
        for &id in &self.outputs {
            writeln!(f, "output  {}  {}", self.shown(id), self.values[id].name)?;
        }
        write!(
            f,
            "{} operators in {} steps, {} run by themselves or together, {:.1} MMAC, {:.2} M parameters, {} buffers of {:.1} MiB together",
            self.operators,
            self.steps.len(),
            self.groups.len(),
            self.macs() as f64 / 1e6,
            self.parameters() as f64 / 1e6,
            self.slots.len(),
            self.buffer_values() as f64 * 4.0 / f64::from(1 << 20)
        )
    }
}

impl Plan {
    /// The part of a brace around steps that run together, band by band, that stands beside step `index`.
    fn brace(&self, index: usize) -> &'static str {
        match self.groups.iter().find(|group| group.contains(&index)) {
            Some(group) if group.len() > 1 && index == group.start => "/",
            Some(group) if group.len() > 1 && index + 1 == group.end => "\\",
            Some(group) if group.len() > 1 => "|",
            _ => " ",
        }
    }

    /// A value as shape and buffer: `1x64x64x24@2`, or `=` for a constant.
    fn shown(&self, id: ValueId) -> String {
        let value = &self.values[id];
        let shape: Vec<String> = value.shape.iter().map(usize::to_string).collect();
        let place = value.slot.map_or_else(|| "=".to_owned(), |slot| format!("@{slot}"));
        format!("{}{place}", if shape.is_empty() { "scalar".to_owned() } else { shape.join("x") })
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.op)?;
        if self.residual.is_some() {
            write!(f, " + residual")?;
        }
        match &self.activation {
            Activation::None => Ok(()),
            Activation::Unary(unary) => write!(f, " + {}", unary.name()),
            Activation::Prelu(_) => write!(f, " + prelu"),
        }
    }
}
