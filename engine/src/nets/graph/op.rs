//! Operators: what each computes, and its name.

use std::fmt;

/// A sliding window over rows and columns; pairs are (vertical, horizontal).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its size.
    pub kernel: [usize; 2],
    /// Step between outputs.
    pub stride: [usize; 2],
    /// Step between the window's own cells.
    pub dilation: [usize; 2],
    /// Rows and columns that are added before and after the input.
    pub padding: [[usize; 2]; 2],
}

impl Window {
    /// Size of the output for an input of `size`; `None` where the window does not fit.
    pub fn output(&self, size: [usize; 2]) -> Option<[usize; 2]> {
        let along = |axis: usize| {
            let reach =
                (self.kernel[axis].checked_sub(1)?).checked_mul(self.dilation[axis])?.checked_add(1)?;
            let [before, after] = self.padding[axis];
            let padded = size[axis].checked_add(before)?.checked_add(after)?;
            Some(padded.checked_sub(reach)?.checked_div(self.stride[axis])? + 1)
        };
        Some([along(0)?, along(1)?])
    }
}

/// A function of one value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Unary {
    /// max(x, 0)
    Relu,
    /// clamp(x, 0, 6)
    Relu6,
    /// clamp(x, -1, 1)
    ReluN1To1,
    /// x, or slope * x where x is negative
    LeakyRelu(f32),
    /// x * clamp(x + 3, 0, 6) / 6
    HardSwish,
    /// 1 / (1 + exp(-x))
    Logistic,
    /// Hyperbolic tangent.
    Tanh,
    /// -x
    Neg,
    /// |x|
    Abs,
    /// x * x
    Square,
    /// Square root.
    Sqrt,
    /// 1 / sqrt(x)
    Rsqrt,
    /// Exponential.
    Exp,
}

impl Unary {
    /// The function itself.
    pub fn apply(self, x: f32) -> f32 {
        match self {
            Self::Relu => x.max(0.0),
            Self::Relu6 => x.clamp(0.0, 6.0),
            Self::ReluN1To1 => x.clamp(-1.0, 1.0),
            Self::LeakyRelu(slope) => {
                if x < 0.0 {
                    slope * x
                } else {
                    x
                }
            }
            Self::HardSwish => x * (x + 3.0).clamp(0.0, 6.0) / 6.0,
            Self::Logistic => 1.0 / (1.0 + (-x).exp()),
            Self::Tanh => x.tanh(),
            Self::Neg => -x,
            Self::Abs => x.abs(),
            Self::Square => x * x,
            Self::Sqrt => x.sqrt(),
            Self::Rsqrt => 1.0 / x.sqrt(),
            Self::Exp => x.exp(),
        }
    }
}

/// A function of two values; the operands' shapes are broadcast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binary {
    /// a + b
    Add,
    /// a - b
    Sub,
    /// a * b
    Mul,
    /// a / b
    Div,
    /// (a - b)^2
    SquaredDifference,
    /// The greater.
    Maximum,
    /// The smaller.
    Minimum,
    /// a, or a * b where a is negative
    Prelu,
}

impl Binary {
    /// The function itself.
    pub fn apply(self, a: f32, b: f32) -> f32 {
        match self {
            Self::Add => a + b,
            Self::Sub => a - b,
            Self::Mul => a * b,
            Self::Div => a / b,
            Self::SquaredDifference => (a - b) * (a - b),
            Self::Maximum => a.max(b),
            Self::Minimum => a.min(b),
            Self::Prelu => {
                if a < 0.0 {
                    a * b
                } else {
                    a
                }
            }
        }
    }
}

/// How several values become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reduce {
    /// Arithmetic mean; padding does not count.
    Mean,
    /// Sum.
    Sum,
    /// The greatest.
    Max,
    /// The smallest.
    Min,
}

/// How output places of a resize map to input places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alignment {
    /// Corners of the first cells coincide: i * in / out.
    Corner,
    /// Centres of the outermost cells coincide: i * (in - 1) / (out - 1).
    OuterCentres,
    /// Cells are areas: (i + 0.5) * in / out - 0.5.
    HalfPixel,
}

/// What a node computes. Inputs in the order given; tensors are NHWC where rows and columns matter.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// input, weights `[out, kh, kw, in]`, optional bias `[out]`
    Conv2d(Window),
    /// input, weights [1, kh, kw, in * multiplier], optional bias
    DepthwiseConv2d(Window),
    /// input, weights [out, kh, kw, in], optional bias; output cell = input cell * stride + kernel cell -
    /// `padding` before, cut to `size`. Dilation is 1.
    TransposeConv2d {
        /// Of the convolution that this one reverses.
        window: Window,
        /// Output rows and columns.
        size: [usize; 2],
    },
    /// input of any shape whose values divide into rows of `in`, weights [out, in], optional bias
    FullyConnected {
        /// The output keeps the input's leading dimensions.
        keep_dims: bool,
    },
    /// Mean or Max over a window.
    Pool(Reduce, Window),
    /// Value by value.
    Unary(Unary),
    /// Two tensors, broadcast.
    Binary(Binary),
    /// Over whole axes, ascending.
    Reduce {
        /// What is computed.
        kind: Reduce,
        /// Which axes vanish.
        axes: Vec<usize>,
        /// They stay with size 1.
        keep_dims: bool,
    },
    /// Adds (before, after) cells of `value` along each axis.
    Pad {
        /// For each axis.
        amounts: Vec<[usize; 2]>,
        /// What they hold.
        value: f32,
    },
    /// Rows and columns by linear interpolation.
    ResizeBilinear {
        /// Output rows and columns.
        size: [usize; 2],
        /// Where samples lie.
        alignment: Alignment,
    },
    /// [.., C * block * block] to [H * block, W * block, C]
    DepthToSpace(usize),
    /// The same values under another shape.
    Reshape(Vec<usize>),
    /// Output axis i is input axis `perm[i]`.
    Transpose(Vec<usize>),
    /// All inputs, one after the other along this axis.
    Concat(usize),
    /// Along each axis: first index, step, how many.
    Slice(Vec<Range>),
    /// Over the last axis, of beta * x.
    Softmax {
        /// Factor before the exponential.
        beta: f32,
    },
    /// Over the last axis: (x - mean) / sqrt(variance + epsilon), times a weight and plus a bias for each place. Made by
    /// planning alone, from the operators that models spell it with.
    Normalize {
        /// Added to the variance.
        epsilon: f32,
    },
    /// The same values as f32.
    Dequantize,
}

/// Evenly spaced indices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The first.
    pub begin: usize,
    /// To the next; may be negative.
    pub step: isize,
    /// How many.
    pub count: usize,
}

impl Range {
    /// Index number `i`.
    pub fn at(&self, i: usize) -> usize {
        self.begin.wrapping_add_signed(self.step * i as isize)
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())?;
        match self {
            Self::Conv2d(window) | Self::DepthwiseConv2d(window) | Self::TransposeConv2d { window, .. } => {
                write!(f, " {window}")
            }
            Self::Pool(_, window) => write!(f, " {window}"),
            Self::Reduce { axes, .. } => write!(f, " over {axes:?}"),
            Self::Pad { amounts, .. } => write!(f, " {amounts:?}"),
            Self::Reshape(shape) => write!(f, " {shape:?}"),
            Self::Transpose(perm) => write!(f, " {perm:?}"),
            Self::Concat(axis) => write!(f, " along {axis}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.kernel[0], self.kernel[1])?;
        if self.stride != [1, 1] {
            write!(f, " stride {}x{}", self.stride[0], self.stride[1])?;
        }
        if self.dilation != [1, 1] {
            write!(f, " dilation {}x{}", self.dilation[0], self.dilation[1])?;
        }
        if self.padding != [[0; 2]; 2] {
            let [[top, bottom], [left, right]] = self.padding;
            write!(f, " pad {top},{bottom},{left},{right}")?;
        }
        Ok(())
    }
}

impl Op {
    /// Lower-case name, as plans print it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Conv2d(_) => "conv",
            Self::DepthwiseConv2d(_) => "depthwise",
            Self::TransposeConv2d { .. } => "transpose_conv",
            Self::FullyConnected { .. } => "fully_connected",
            Self::Pool(Reduce::Max, _) => "max_pool",
            Self::Pool(..) => "mean_pool",
            Self::Unary(unary) => unary.name(),
            Self::Binary(binary) => binary.name(),
            Self::Reduce { kind: Reduce::Mean, .. } => "mean",
            Self::Reduce { kind: Reduce::Sum, .. } => "sum",
            Self::Reduce { kind: Reduce::Max, .. } => "max",
            Self::Reduce { kind: Reduce::Min, .. } => "min",
            Self::Pad { .. } => "pad",
            Self::ResizeBilinear { .. } => "resize_bilinear",
            Self::DepthToSpace(_) => "depth_to_space",
            Self::Reshape(_) => "reshape",
            Self::Transpose(_) => "transpose",
            Self::Concat(_) => "concat",
            Self::Slice(_) => "slice",
            Self::Softmax { .. } => "softmax",
            Self::Normalize { .. } => "normalize",
            Self::Dequantize => "dequantize",
        }
    }
}

impl Unary {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Relu => "relu",
            Self::Relu6 => "relu6",
            Self::ReluN1To1 => "relu_n1_to_1",
            Self::LeakyRelu(_) => "leaky_relu",
            Self::HardSwish => "hard_swish",
            Self::Logistic => "logistic",
            Self::Tanh => "tanh",
            Self::Neg => "neg",
            Self::Abs => "abs",
            Self::Square => "square",
            Self::Sqrt => "sqrt",
            Self::Rsqrt => "rsqrt",
            Self::Exp => "exp",
        }
    }
}

impl Binary {
    /// Lower-case name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Sub => "sub",
            Self::Mul => "mul",
            Self::Div => "div",
            Self::SquaredDifference => "squared_difference",
            Self::Maximum => "maximum",
            Self::Minimum => "minimum",
            Self::Prelu => "prelu",
        }
    }
}
