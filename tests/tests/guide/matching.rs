//! The output in a block against that of the command.

/// Compares lines. In those of the guide `…` stands for any lines, and within a line for any text; times
/// in milliseconds and microseconds are all alike.
pub(crate) fn matches(guide: &[&str], output: &[String]) -> bool {
    match (guide, output) {
        ([], []) => true,
        (["…", rest @ ..], _) => {
            let mut ends = (0..=output.len()).filter_map(|skipped| output.get(skipped..));
            ends.any(|output| matches(rest, output))
        }
        ([line, guide @ ..], [printed, output @ ..]) => {
            line_matches(&without_times(line), &without_times(printed)) && matches(guide, output)
        }
        _ => false,
    }
}

fn line_matches(line: &str, printed: &str) -> bool {
    let Some((start, rest)) = line.split_once('…') else { return line == printed };
    let Some(printed) = printed.strip_prefix(start) else { return false };
    let mut ends = (0..=printed.len()).filter_map(|index| printed.get(index..));
    ends.any(|printed| line_matches(rest, printed))
}

fn without_times(line: &str) -> String {
    let words: Vec<_> = line.split(' ').collect();
    let mut plain = Vec::new();
    for (index, word) in words.iter().enumerate() {
        let unit = words.get(index + 1).map(|unit| unit.trim_end_matches([',', ';', ':', ')']));
        let is_time = matches!(unit, Some("ms" | "µs")) && word.parse::<f64>().is_ok();
        plain.push(if is_time { "0" } else { word });
    }
    plain.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(guide: &str, output: &str, expected: bool) {
        let guide: Vec<_> = guide.lines().collect();
        let output: Vec<_> = output.lines().map(str::to_owned).collect();
        assert_eq!(matches(&guide, &output), expected, "{guide:?}, {output:?}");
    }

    #[test]
    fn equal_lines_match() {
        check("a\nb", "a\nb", true);
        check("a\nb", "a\nc", false);
        check("a", "a\nb", false);
        check("a\nb", "a", false);
    }

    #[test]
    fn lines_and_texts_are_left_out() {
        check("…\nb", "a\nb", true);
        check("a\n…", "a", true);
        check("…\nb", "b\nc", false);
        check("a … c …", "a b c d", true);
        check("a … c", "a b", false);
    }

    #[test]
    fn short_times_are_alike() {
        check("ready after 3.2 ms", "ready after 12 ms", true);
        check("live, in 0.6 ms; ok", "live, in 700 µs; ok", false);
        check("for 20 s", "for 21 s", false);
    }
}
