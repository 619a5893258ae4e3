//! Operators of the file: their common part, and which function imports which.

use super::{
    Importer, NetError, Op, TensorId, Vector, corrupt, elementwise, flatbuffer::Table, layout, windowed,
};
use crate::nets::graph::{Binary, Reduce, Unary};

/// An operator as the file has it.
pub(super) struct Operator<'a> {
    /// Its name in the schema, or its custom code.
    pub(super) name: String,
    pub(super) options: Option<Table<'a>>,
    /// Options of custom operators.
    pub(super) custom: &'a [u8],
    inputs: Vec<i32>,
    outputs: Vec<i32>,
}

/// What importing one operator gives.
pub(super) type Imported = Result<(), NetError>;

impl<'a> Operator<'a> {
    pub(super) fn read(table: &Table<'a>, codes: &Vector<'a>) -> Result<Self, NetError> {
        let code = codes.table(table.u32(0)? as usize)?;
        // Small codes once had one byte, which old writers still fill.
        let number = code.i32(3, 0)?.max(code.i8(0)?.into());
        let name = match number {
            CUSTOM => code.string(1)?,
            _ => {
                let known = usize::try_from(number).ok().and_then(|number| NAMES.get(number));
                known.map_or_else(|| format!("number {number}"), |name| (*name).to_owned())
            }
        };
        Ok(Self {
            name,
            options: table.table(4)?,
            custom: table.bytes(5)?,
            inputs: table.ints(1)?,
            outputs: table.ints(2)?,
        })
    }

    /// Puts the operator into the graph.
    pub(super) fn import(&self, importer: &mut Importer<'a>) -> Imported {
        match self.name.as_str() {
            "CONV_2D" => windowed::conv(self, importer),
            "DEPTHWISE_CONV_2D" => windowed::depthwise(self, importer),
            "TRANSPOSE_CONV" => windowed::transpose_conv(self, importer),
            "Convolution2DTransposeBias" => windowed::transpose_conv_bias(self, importer),
            "FULLY_CONNECTED" => windowed::fully_connected(self, importer),
            "AVERAGE_POOL_2D" => windowed::pool(self, importer, Reduce::Mean),
            "MAX_POOL_2D" => windowed::pool(self, importer, Reduce::Max),
            "MEAN" => layout::reduce(self, importer, Reduce::Mean),
            "SUM" => layout::reduce(self, importer, Reduce::Sum),
            "REDUCE_MAX" => layout::reduce(self, importer, Reduce::Max),
            "REDUCE_MIN" => layout::reduce(self, importer, Reduce::Min),
            "ADD" => elementwise::binary(self, importer, Binary::Add),
            "SUB" => elementwise::binary(self, importer, Binary::Sub),
            "MUL" => elementwise::binary(self, importer, Binary::Mul),
            "DIV" => elementwise::binary(self, importer, Binary::Div),
            "SQUARED_DIFFERENCE" => elementwise::binary(self, importer, Binary::SquaredDifference),
            "MAXIMUM" => elementwise::binary(self, importer, Binary::Maximum),
            "MINIMUM" => elementwise::binary(self, importer, Binary::Minimum),
            "PRELU" => elementwise::binary(self, importer, Binary::Prelu),
            "RELU" => elementwise::unary(self, importer, Unary::Relu),
            "RELU6" => elementwise::unary(self, importer, Unary::Relu6),
            "RELU_N1_TO_1" => elementwise::unary(self, importer, Unary::ReluN1To1),
            "LEAKY_RELU" => elementwise::leaky_relu(self, importer),
            "HARD_SWISH" => elementwise::unary(self, importer, Unary::HardSwish),
            "LOGISTIC" => elementwise::unary(self, importer, Unary::Logistic),
            "TANH" => elementwise::unary(self, importer, Unary::Tanh),
            "NEG" => elementwise::unary(self, importer, Unary::Neg),
            "ABS" => elementwise::unary(self, importer, Unary::Abs),
            "SQUARE" => elementwise::unary(self, importer, Unary::Square),
            "SQRT" => elementwise::unary(self, importer, Unary::Sqrt),
            "RSQRT" => elementwise::unary(self, importer, Unary::Rsqrt),
            "EXP" => elementwise::unary(self, importer, Unary::Exp),
            "SOFTMAX" => elementwise::softmax(self, importer),
            "DEQUANTIZE" | "DENSIFY" => elementwise::dequantize(self, importer),
            "RESHAPE" | "SQUEEZE" | "EXPAND_DIMS" => layout::reshape(self, importer),
            "PAD" | "PADV2" => layout::pad(self, importer),
            "TRANSPOSE" => layout::transpose(self, importer),
            "CONCATENATION" => layout::concat(self, importer),
            "STRIDED_SLICE" => layout::strided_slice(self, importer),
            "SLICE" => layout::slice(self, importer),
            "SPLIT" => layout::split(self, importer),
            "DEPTH_TO_SPACE" => layout::depth_to_space(self, importer),
            "RESIZE_BILINEAR" => layout::resize_bilinear(self, importer),
            _ => Err(self.unsupported(importer, "there is no such operator here")),
        }
    }

    pub(super) fn unsupported(&self, importer: &Importer<'_>, reason: impl Into<String>) -> NetError {
        let output = self.outputs.first().and_then(|&index| importer.tensor_id(index).ok());
        NetError::Unsupported {
            operator: self.name.clone(),
            tensor: output.map_or_else(String::new, |id| importer.graph.tensors[id].name.clone()),
            reason: reason.into(),
        }
    }

    /// Number of inputs that are given; optional ones at the end may be absent.
    pub(super) fn input_count(&self) -> usize {
        self.inputs.iter().rposition(|&index| index >= 0).map_or(0, |last| last + 1)
    }

    pub(super) fn output_count(&self) -> usize {
        self.outputs.len()
    }

    /// Input `position`, of any type.
    pub(super) fn input(&self, importer: &Importer<'_>, position: usize) -> Result<TensorId, NetError> {
        let index = self.inputs.get(position);
        let index = index.ok_or_else(|| corrupt(format!("operator {} lacks input {position}", self.name)))?;
        importer.tensor_id(*index)
    }

    pub(super) fn output(&self, importer: &Importer<'_>, position: usize) -> Result<TensorId, NetError> {
        let index = self.outputs.get(position);
        let index =
            index.ok_or_else(|| corrupt(format!("operator {} lacks output {position}", self.name)))?;
        importer.tensor_id(*index)
    }

    /// Input `position`, a float tensor that has a value by now.
    pub(super) fn value(&self, importer: &Importer<'_>, position: usize) -> Result<TensorId, NetError> {
        let id = self.input(importer, position)?;
        importer.require_float(id, &self.name, self.output(importer, 0)?)?;
        if !importer.defined[id] {
            let name = &importer.graph.tensors[id].name;
            return Err(corrupt(format!("operator {} reads tensor {name:?} before it is made", self.name)));
        }
        Ok(id)
    }

    /// The first `count` inputs.
    pub(super) fn values(&self, importer: &Importer<'_>, count: usize) -> Result<Vec<TensorId>, NetError> {
        (0..count).map(|position| self.value(importer, position)).collect()
    }

    /// Adds `op` from `inputs` to output `position`, with the activation that option `field` names, if any.
    pub(super) fn emit(
        &self,
        importer: &mut Importer<'_>,
        op: Op,
        inputs: Vec<TensorId>,
        position: usize,
        activation: Option<usize>,
    ) -> Imported {
        let output = self.output(importer, position)?;
        importer.require_float(output, &self.name, output)?;
        if importer.defined[output] {
            let name = &importer.graph.tensors[output].name;
            return Err(corrupt(format!("tensor {name:?} is made twice")));
        }
        let unary = match (activation, &self.options) {
            (Some(field), Some(options)) => self.activation(importer, options.i8(field)?)?,
            _ => None,
        };
        importer.defined[output] = true;
        match unary {
            None => importer.graph.push(op, inputs, output),
            Some(unary) => {
                let name = format!("{}:before", importer.graph.tensors[output].name);
                let inner = importer.graph.append(op, inputs, &name)?;
                importer.graph.push(Op::Unary(unary), vec![inner], output)
            }
        }
    }

    fn activation(&self, importer: &Importer<'_>, number: i8) -> Result<Option<Unary>, NetError> {
        match number {
            0 => Ok(None),
            1 => Ok(Some(Unary::Relu)),
            2 => Ok(Some(Unary::ReluN1To1)),
            3 => Ok(Some(Unary::Relu6)),
            4 => Ok(Some(Unary::Tanh)),
            _ => Err(self.unsupported(importer, format!("its fused activation {number} is unknown"))),
        }
    }

    /// Options; all default where the file has none.
    pub(super) fn options(&self) -> Result<&Table<'a>, NetError> {
        self.options.as_ref().ok_or_else(|| corrupt(format!("operator {} lacks its options", self.name)))
    }
}

/// Number of operators that the schema does not know.
const CUSTOM: i32 = 32;

/// The schema's builtin operators, by number.
#[rustfmt::skip]
const NAMES: [&str; 210] = [
    "ADD", "AVERAGE_POOL_2D", "CONCATENATION", "CONV_2D", "DEPTHWISE_CONV_2D", "DEPTH_TO_SPACE",
    "DEQUANTIZE", "EMBEDDING_LOOKUP", "FLOOR", "FULLY_CONNECTED", "HASHTABLE_LOOKUP", "L2_NORMALIZATION",
    "L2_POOL_2D", "LOCAL_RESPONSE_NORMALIZATION", "LOGISTIC", "LSH_PROJECTION", "LSTM", "MAX_POOL_2D",
    "MUL", "RELU", "RELU_N1_TO_1", "RELU6", "RESHAPE", "RESIZE_BILINEAR", "RNN", "SOFTMAX",
    "SPACE_TO_DEPTH", "SVDF", "TANH", "CONCAT_EMBEDDINGS", "SKIP_GRAM", "CALL", "CUSTOM",
    "EMBEDDING_LOOKUP_SPARSE", "PAD", "UNIDIRECTIONAL_SEQUENCE_RNN", "GATHER", "BATCH_TO_SPACE_ND",
    "SPACE_TO_BATCH_ND", "TRANSPOSE", "MEAN", "SUB", "DIV", "SQUEEZE", "UNIDIRECTIONAL_SEQUENCE_LSTM",
    "STRIDED_SLICE", "BIDIRECTIONAL_SEQUENCE_RNN", "EXP", "TOPK_V2", "SPLIT", "LOG_SOFTMAX", "DELEGATE",
    "BIDIRECTIONAL_SEQUENCE_LSTM", "CAST", "PRELU", "MAXIMUM", "ARG_MAX", "MINIMUM", "LESS", "NEG", "PADV2",
    "GREATER", "GREATER_EQUAL", "LESS_EQUAL", "SELECT", "SLICE", "SIN", "TRANSPOSE_CONV", "SPARSE_TO_DENSE",
    "TILE", "EXPAND_DIMS", "EQUAL", "NOT_EQUAL", "LOG", "SUM", "SQRT", "RSQRT", "SHAPE", "POW", "ARG_MIN",
    "FAKE_QUANT", "REDUCE_PROD", "REDUCE_MAX", "PACK", "LOGICAL_OR", "ONE_HOT", "LOGICAL_AND",
    "LOGICAL_NOT", "UNPACK", "REDUCE_MIN", "FLOOR_DIV", "REDUCE_ANY", "SQUARE", "ZEROS_LIKE", "FILL",
    "FLOOR_MOD", "RANGE", "RESIZE_NEAREST_NEIGHBOR", "LEAKY_RELU", "SQUARED_DIFFERENCE", "MIRROR_PAD",
    "ABS", "SPLIT_V", "UNIQUE", "CEIL", "REVERSE_V2", "ADD_N", "GATHER_ND", "COS", "WHERE", "RANK", "ELU",
    "REVERSE_SEQUENCE", "MATRIX_DIAG", "QUANTIZE", "MATRIX_SET_DIAG", "ROUND", "HARD_SWISH", "IF", "WHILE",
    "NON_MAX_SUPPRESSION_V4", "NON_MAX_SUPPRESSION_V5", "SCATTER_ND", "SELECT_V2", "DENSIFY", "SEGMENT_SUM",
    "BATCH_MATMUL", "PLACEHOLDER_FOR_GREATER_OP_CODES", "CUMSUM", "CALL_ONCE", "BROADCAST_TO", "RFFT2D",
    "CONV_3D", "IMAG", "REAL", "COMPLEX_ABS", "HASHTABLE", "HASHTABLE_FIND", "HASHTABLE_IMPORT",
    "HASHTABLE_SIZE", "REDUCE_ALL", "CONV_3D_TRANSPOSE", "VAR_HANDLE", "READ_VARIABLE", "ASSIGN_VARIABLE",
    "BROADCAST_ARGS", "RANDOM_STANDARD_NORMAL", "BUCKETIZE", "RANDOM_UNIFORM", "MULTINOMIAL", "GELU",
    "DYNAMIC_UPDATE_SLICE", "RELU_0_TO_1", "UNSORTED_SEGMENT_PROD", "UNSORTED_SEGMENT_MAX",
    "UNSORTED_SEGMENT_SUM", "ATAN2", "UNSORTED_SEGMENT_MIN", "SIGN", "BITCAST", "BITWISE_XOR",
    "RIGHT_SHIFT", "STABLEHLO_LOGISTIC", "STABLEHLO_ADD", "STABLEHLO_DIVIDE", "STABLEHLO_MULTIPLY",
    "STABLEHLO_MAXIMUM", "STABLEHLO_RESHAPE", "STABLEHLO_CLAMP", "STABLEHLO_CONCATENATE",
    "STABLEHLO_BROADCAST_IN_DIM", "STABLEHLO_CONVOLUTION", "STABLEHLO_SLICE", "STABLEHLO_CUSTOM_CALL",
    "STABLEHLO_REDUCE", "STABLEHLO_ABS", "STABLEHLO_AND", "STABLEHLO_COSINE", "STABLEHLO_EXPONENTIAL",
    "STABLEHLO_FLOOR", "STABLEHLO_LOG", "STABLEHLO_MINIMUM", "STABLEHLO_NEGATE", "STABLEHLO_OR",
    "STABLEHLO_POWER", "STABLEHLO_REMAINDER", "STABLEHLO_RSQRT", "STABLEHLO_SELECT", "STABLEHLO_SUBTRACT",
    "STABLEHLO_TANH", "STABLEHLO_SCATTER", "STABLEHLO_COMPARE", "STABLEHLO_CONVERT",
    "STABLEHLO_DYNAMIC_SLICE", "STABLEHLO_DYNAMIC_UPDATE_SLICE", "STABLEHLO_PAD", "STABLEHLO_IOTA",
    "STABLEHLO_DOT_GENERAL", "STABLEHLO_REDUCE_WINDOW", "STABLEHLO_SORT", "STABLEHLO_WHILE",
    "STABLEHLO_GATHER", "STABLEHLO_TRANSPOSE", "DILATE", "STABLEHLO_RNG_BIT_GENERATOR", "REDUCE_WINDOW",
    "STABLEHLO_COMPOSITE", "STABLEHLO_SHIFT_LEFT", "STABLEHLO_CBRT", "STABLEHLO_CASE",
];
