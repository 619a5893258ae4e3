//! Operators that go value by value.

use super::{
    Importer, Op,
    operator::{Imported, Operator},
};
use crate::nets::graph::{Binary, Unary};

pub(super) fn unary(operator: &Operator<'_>, importer: &mut Importer<'_>, unary: Unary) -> Imported {
    let input = operator.value(importer, 0)?;
    operator.emit(importer, Op::Unary(unary), vec![input], 0, None)
}

pub(super) fn leaky_relu(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let slope = operator.options()?.f32(0, 0.0)?;
    unary(operator, importer, Unary::LeakyRelu(slope))
}

pub(super) fn binary(operator: &Operator<'_>, importer: &mut Importer<'_>, binary: Binary) -> Imported {
    let inputs = operator.values(importer, 2)?;
    let fused = matches!(binary, Binary::Add | Binary::Sub | Binary::Mul | Binary::Div).then_some(0);
    operator.emit(importer, Op::Binary(binary), inputs, 0, fused)
}

pub(super) fn softmax(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let beta = operator.options()?.f32(0, 0.0)?;
    let input = operator.value(importer, 0)?;
    operator.emit(importer, Op::Softmax { beta }, vec![input], 0, None)
}

/// f16 to f32; sparse weights are expanded when they are read, so that what remains of DENSIFY is the same.
pub(super) fn dequantize(operator: &Operator<'_>, importer: &mut Importer<'_>) -> Imported {
    let input = operator.value(importer, 0)?;
    if let (Some(constant), "DENSIFY") = (importer.graph.tensors[input].constant.clone(), &*operator.name) {
        let output = operator.output(importer, 0)?;
        if importer.defined[output] || importer.shape(input) != importer.shape(output) {
            return Err(super::corrupt("a sparse tensor is expanded into one of another shape"));
        }
        importer.defined[output] = true;
        importer.graph.tensors[output].constant = Some(constant);
        return Ok(());
    }
    operator.emit(importer, Op::Dequantize, vec![input], 0, None)
}
