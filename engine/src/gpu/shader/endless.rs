//! Loops that are certain never to end: nothing in them breaks or returns.

use naga::{Block, Expression, Function, Handle, Literal, Module, Statement};

use super::error::Complaint;

/// The first loop without a way out.
pub(super) fn endless(module: &Module) -> Option<Complaint> {
    let functions = module.functions.iter().map(|(_, function)| function);
    let entries = module.entry_points.iter().map(|entry| &entry.function);
    functions.chain(entries).find_map(|function| Walk { module, function }.find(&function.body))
}

struct Walk<'a> {
    module: &'a Module,
    function: &'a Function,
}

impl Walk<'_> {
    fn find(&self, block: &Block) -> Option<Complaint> {
        block.span_iter().find_map(|(statement, span)| match statement {
            Statement::Loop { body, continuing, break_if } => {
                let ends = break_if.is_some_and(|condition| self.known(condition) != Some(false))
                    || self.leaves(body, true)
                    || self.leaves(continuing, true);
                if ends {
                    return self.find(body);
                }
                let at = span.to_range().map_or(0, |range| range.start);
                Some(Complaint {
                    hint: Some("count its turns, and `break` after the last".to_owned()),
                    ..Complaint::new(at, "this loop never ends: nothing in it breaks or returns")
                })
            }
            Statement::Block(inner) => self.find(inner),
            Statement::If { accept, reject, .. } => self.find(accept).or_else(|| self.find(reject)),
            Statement::Switch { cases, .. } => cases.iter().find_map(|case| self.find(&case.body)),
            _ => None,
        })
    }

    /// Whether a block may be left for good; `breaks`: a `break` in it counts.
    fn leaves(&self, block: &Block, breaks: bool) -> bool {
        block.iter().any(|statement| match statement {
            Statement::Return { .. } | Statement::Kill => true,
            Statement::Break => breaks,
            Statement::Block(inner) => self.leaves(inner, breaks),
            Statement::If { condition, accept, reject } => {
                let known = self.known(*condition);
                (known != Some(false) && self.leaves(accept, breaks))
                    || (known != Some(true) && self.leaves(reject, breaks))
            }
            Statement::Switch { cases, .. } => cases.iter().any(|case| self.leaves(&case.body, false)),
            Statement::Loop { body, continuing, .. } => {
                self.leaves(body, false) || self.leaves(continuing, false)
            }
            _ => false,
        })
    }

    /// What a condition is, where it is a constant.
    fn known(&self, condition: Handle<Expression>) -> Option<bool> {
        match self.function.expressions[condition] {
            Expression::Literal(Literal::Bool(value)) => Some(value),
            Expression::Constant(constant) => {
                match self.module.global_expressions[self.module.constants[constant].init] {
                    Expression::Literal(Literal::Bool(value)) => Some(value),
                    _ => None,
                }
            }
            Expression::Unary { op: naga::UnaryOperator::LogicalNot, expr } => {
                self.known(expr).map(|value| !value)
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(body: &str) -> bool {
        let text = format!("fn f(a: i32) -> i32 {{ var i = a; {body} return i; }}");
        let module = naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"));
        endless(&module).is_some()
    }

    #[test]
    fn loops_without_a_way_out_are_found() {
        for body in [
            "loop {}",
            "loop { i++; }",
            "while true { i++; }",
            "for (;;) { i++; }",
            "if a > 3 { loop { i++; continue; } }",
            "loop { switch i { case 1: { break; } default: {} } }",
            "loop { loop { break; } }",
            "loop { if false { break; } }",
            "loop { i++; continuing { break if false; } }",
            "for (var k = 0; k < 3; k++) { loop { i++; } }",
        ] {
            assert!(found(body), "{body}");
        }
    }

    #[test]
    fn loops_that_may_end_pass() {
        for body in [
            "loop { break; }",
            "loop { i++; if i > 9 { break; } }",
            "loop { switch i { case 1: { return 3; } default: {} } }",
            "loop { loop { return 1; } }",
            "while i < 9 { i++; }",
            "for (var k = 0; k < 3; k++) { i++; }",
            "loop { i++; continuing { break if i > 4; } }",
        ] {
            assert!(!found(body), "{body}");
        }
    }
}
