//! Order statistics of measured times.

/// Median and tail of a set of values.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Percentiles {
    /// Half of the values are at most this.
    pub p50: f64,
    /// 95 % of the values are at most this.
    pub p95: f64,
    /// 99 % of the values are at most this.
    pub p99: f64,
}

/// Nearest-rank percentiles of `values`: always a value that was measured. `None` of none; NaN is left out.
pub fn percentiles(mut values: Vec<f64>) -> Option<Percentiles> {
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f64::total_cmp);
    let rank = |share: f64| {
        let rank = (share * values.len() as f64).ceil() as usize;
        values.get(rank.max(1) - 1).copied()
    };
    Some(Percentiles { p50: rank(0.50)?, p95: rank(0.95)?, p99: rank(0.99)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_rank_of_one_to_hundred() {
        let found = percentiles((1..=100).rev().map(f64::from).collect()).unwrap();
        assert_eq!(found, Percentiles { p50: 50.0, p95: 95.0, p99: 99.0 });
    }

    #[test]
    fn none_and_nan() {
        assert_eq!(percentiles(vec![]), None);
        assert_eq!(percentiles(vec![f64::NAN]), None);
        assert_eq!(percentiles(vec![f64::NAN, 2.0]).map(|p| p.p99), Some(2.0));
    }
}
