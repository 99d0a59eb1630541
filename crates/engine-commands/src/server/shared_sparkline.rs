//! Small graphs in characters (LATENCY GRAPH).

/// Rows of the graph; each holds three heights.
const ROWS: i64 = 4;
/// Samples side by side.
const COLUMNS: usize = 80;

/// Draws samples of (seconds ago, value), oldest first, with their ages below.
pub(super) fn sparkline(samples: &[(i64, i64)], out: &mut String) {
    let values = || samples.iter().map(|s| s.1);
    let (low, high) = (values().min().unwrap_or(0), values().max().unwrap_or(0));
    let steps = ROWS * 3 - 1;
    let height = |value: i64| match high - low {
        0 => 0,
        range => (value - low) * steps / range,
    };
    for part in samples.chunks(COLUMNS) {
        for row in (0..ROWS).rev() {
            let line: String = part
                .iter()
                .map(|(_, value)| match height(*value) - row * 3 {
                    below if below < 0 => ' ',
                    0 => '_',
                    1 => 'o',
                    2 => '#',
                    _ => '|',
                })
                .collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
        let ages: Vec<Vec<char>> = part
            .iter()
            .map(|(s, _)| age(*s).chars().collect())
            .collect();
        let longest = ages.iter().map(Vec::len).max().unwrap_or(0);
        out.push('\n');
        for row in 0..longest {
            let line: String = ages
                .iter()
                .map(|a| a.get(row).copied().unwrap_or(' '))
                .collect();
            out.push_str(line.trim_end());
            out.push('\n');
        }
    }
}

fn age(seconds: i64) -> String {
    match seconds {
        s if s < 60 => format!("{s}s"),
        s if s < 3600 => format!("{}m", s / 60),
        s if s < 86400 => format!("{}h", s / 3600),
        s => format!("{}d", s / 86400),
    }
}

#[cfg(test)]
mod tests {
    use super::sparkline;

    #[test]
    fn heights_and_ages() {
        let mut out = String::new();
        sparkline(&[(75, 1), (10, 12), (3, 1)], &mut out);
        assert_eq!(out, " #\n |\n |\n_|_\n\n113\nm0s\n s\n");
        out.clear();
        sparkline(&[], &mut out);
        assert_eq!(out, "");
    }
}
