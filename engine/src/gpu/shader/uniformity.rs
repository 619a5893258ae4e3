//! Derivatives where neighbours may have gone another way: naga lets them pass, browsers refuse them.
//!
//! `textureSample`, `dpdx` and their kin compare a fragment with its neighbours. Where a condition on values that
//! differ between fragments (an input, a texture, a buffer that is written) decides whether they run, the result
//! is undefined. Functions that use them are suspects too where they are called.

use std::collections::HashSet;

use naga::{
    Block, Expression, Function, Handle, Module, SampleLevel, Span, Statement,
    valid::{FunctionInfo, ModuleInfo},
};

use super::error::Complaint;

/// The derivatives of a module's fragment stages that some fragments may miss.
pub(super) fn suspects(module: &Module, info: &ModuleInfo) -> Vec<Complaint> {
    // Callees come before their callers.
    let mut hungry: HashSet<Handle<Function>> = HashSet::new();
    for (handle, function) in module.functions.iter() {
        let mut walk = Walk { function, info: &info[handle], hungry: &hungry, found: Vec::new() };
        walk.block(&function.body, true);
        if !walk.found.is_empty() {
            hungry.insert(handle);
        }
    }
    let mut places = Vec::new();
    for (handle, function) in module.functions.iter() {
        let mut walk = Walk { function, info: &info[handle], hungry: &hungry, found: Vec::new() };
        walk.block(&function.body, false);
        places.extend(walk.found);
    }
    for (index, entry) in module.entry_points.iter().enumerate() {
        if entry.stage == naga::ShaderStage::Fragment {
            let info = info.get_entry_point(index);
            let mut walk = Walk { function: &entry.function, info, hungry: &hungry, found: Vec::new() };
            walk.block(&entry.function.body, false);
            places.extend(walk.found);
        }
    }
    let mut places: Vec<_> =
        places.iter().filter_map(|span| span.to_range()).map(|range| range.start).collect();
    places.sort_unstable();
    places.dedup();
    places.into_iter().map(complaint).collect()
}

fn complaint(at: usize) -> Complaint {
    Complaint {
        hint: Some("sample before the condition, or use `textureSampleLevel`".to_owned()),
        ..Complaint::new(
            at,
            "a derivative under a condition that differs between neighbouring fragments is undefined",
        )
    }
}

/// One walk over a function.
struct Walk<'a> {
    function: &'a Function,
    info: &'a FunctionInfo,
    /// Functions that take derivatives, as far as known.
    hungry: &'a HashSet<Handle<Function>>,
    /// Where derivatives are taken in non-uniform control flow.
    found: Vec<Span>,
}

impl Walk<'_> {
    /// Walks a block; `diverged`: neighbours may not be here.
    fn block(&mut self, block: &Block, diverged: bool) {
        let mut diverged = diverged;
        for (statement, span) in block.span_iter() {
            match statement {
                Statement::Emit(range) if diverged => {
                    let taken = range.clone().filter(|handle| derives(&self.function.expressions[*handle]));
                    let spans: Vec<_> =
                        taken.map(|handle| self.function.expressions.get_span(handle)).collect();
                    self.found.extend(spans);
                }
                Statement::Call { function, .. } if diverged && self.hungry.contains(function) => {
                    self.found.push(*span);
                }
                Statement::Block(inner) => self.block(inner, diverged),
                Statement::If { condition, accept, reject } => {
                    let differs = self.differs(*condition);
                    self.block(accept, diverged || differs);
                    self.block(reject, diverged || differs);
                    // Whoever returned, broke out or discarded is missed by the others from here on.
                    diverged |= differs && (leaves(accept) || leaves(reject));
                }
                Statement::Switch { selector, cases } => {
                    let differs = self.differs(*selector);
                    for case in cases {
                        self.block(&case.body, diverged || differs);
                        diverged |= differs && returns(&case.body);
                    }
                }
                Statement::Loop { body, continuing, break_if } => {
                    let differs = self.loop_differs(body) || break_if.is_some_and(|end| self.differs(end));
                    self.block(body, diverged || differs);
                    self.block(continuing, diverged || differs);
                    diverged |= differs && returns(body);
                }
                _ => {}
            }
        }
    }

    fn differs(&self, condition: Handle<Expression>) -> bool {
        self.info[condition].uniformity.non_uniform_result.is_some()
    }

    /// Whether fragments may leave a loop at different turns.
    fn loop_differs(&self, body: &Block) -> bool {
        body.iter().any(|statement| match statement {
            Statement::If { condition, accept, reject } => {
                (self.differs(*condition) && (leaves(accept) || leaves(reject)))
                    || self.loop_differs(accept)
                    || self.loop_differs(reject)
            }
            Statement::Block(inner) => self.loop_differs(inner),
            _ => false,
        })
    }
}

fn derives(expression: &Expression) -> bool {
    match expression {
        Expression::Derivative { .. } => true,
        Expression::ImageSample { level, .. } => matches!(level, SampleLevel::Auto | SampleLevel::Bias(_)),
        _ => false,
    }
}

/// Whether a block may be left by `return`, `break`, `continue` or `discard`.
fn leaves(block: &Block) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Return { .. } | Statement::Kill | Statement::Break | Statement::Continue => true,
        Statement::Block(inner) => leaves(inner),
        Statement::If { accept, reject, .. } => leaves(accept) || leaves(reject),
        Statement::Loop { body, .. } => returns(body),
        Statement::Switch { cases, .. } => cases.iter().any(|case| returns(&case.body)),
        _ => false,
    })
}

/// Whether a block may end the function.
fn returns(block: &Block) -> bool {
    block.iter().any(|statement| match statement {
        Statement::Return { .. } | Statement::Kill => true,
        Statement::Block(inner) => returns(inner),
        Statement::If { accept, reject, .. } => returns(accept) || returns(reject),
        Statement::Loop { body, .. } => returns(body),
        Statement::Switch { cases, .. } => cases.iter().any(|case| returns(&case.body)),
        _ => false,
    })
}
