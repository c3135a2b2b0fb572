//! The list of a workspace's members, in the form that its authors gave it.

use toml_edit::{Array, RawString, Value};

/// Inserts a value into a list, in its order if it is sorted, and on a line of its own if the others are.
pub(super) fn insert(list: &mut Array, value: &str) {
    let values: Vec<_> = list.iter().filter_map(Value::as_str).collect();
    let place = if values.is_sorted() {
        values.partition_point(|other| *other < value)
    } else {
        values.len()
    };
    let text =
        |raw: Option<&RawString>| raw.and_then(RawString::as_str).unwrap_or_default().to_owned();
    let style = text(list.iter().last().and_then(|last| last.decor().prefix()));
    let Some(line) = style.rfind('\n') else {
        list.insert(place, value);
        // The former first one has no space before it.
        if let Some(next) = list.get_mut(place + 1) {
            next.decor_mut().set_prefix(" ");
        }
        return;
    };
    let indent = style.split_at(line).1;
    let behind = match list.get(place) {
        Some(next) => text(next.decor().prefix()),
        None if list.trailing_comma() => text(Some(list.trailing())),
        None => {
            let suffix = list.iter().last().and_then(|last| last.decor().suffix());
            text(suffix) + &text(Some(list.trailing()))
        }
    };
    // A comment stays on the line of the value before it, and above the value that follows.
    let (comment, rest) = behind.split_at(behind.find('\n').unwrap_or_default());
    let value = Value::from(value).decorated(format!("{comment}{indent}"), "");
    if let Some(next) = list.get_mut(place) {
        next.decor_mut().set_prefix(rest);
        return list.insert_formatted(place, value);
    }
    if let Some(last) = list.iter_mut().last() {
        last.decor_mut().set_suffix("");
    }
    list.push_formatted(value);
    list.set_trailing(rest);
    list.set_trailing_comma(true);
}
