//! The panels, from what is wrong now to what the processes use.

use super::model::{
    Color, Custom, DataSource, FieldConfig, FieldDefaults, GridPos, Legend, MappedValue,
    MappedValues, Mapping, Options, Panel, Query, Step, Thresholds, ThresholdsStyle, Tooltip,
};

/// The matchers of the chosen roles and instances.
const CHOSEN: &str = r#"job=~"$job", instance=~"$instance""#;
/// The columns of a dashboard.
const COLUMNS: u32 = 24;

/// A panel before it has its place.
struct Sketch {
    title: &'static str,
    description: &'static str,
    /// A query, in which `#` stands for the matchers.
    expr: &'static str,
    legend: &'static str,
    show: Show,
    unit: Option<&'static str>,
}

/// The way in which a panel shows its values.
#[derive(Clone, Copy)]
enum Show {
    /// One number, good at 0 or good above 0.
    Number { good: Good },
    /// Lines, with a threshold at 1 or without.
    Lines { has_limit: bool },
    /// Bars of 0 and 1, with words for both.
    Switch { off: &'static str, on: &'static str },
}

#[derive(Clone, Copy)]
enum Good {
    Zero,
    AboveZero,
}

const NUMBERS: [Sketch; 4] = [
    Sketch {
        title: "Ready instances",
        description: "Instances whose ready passes.",
        expr: "sum(heartbeat_ready{#})",
        legend: "",
        show: Show::Number { good: Good::AboveZero },
        unit: None,
    },
    Sketch {
        title: "Not live",
        description: "Instances whose live fails: a supervisor restarts them.",
        expr: "count(heartbeat_live{#} == 0) or vector(0)",
        legend: "",
        show: Show::Number { good: Good::Zero },
        unit: None,
    },
    Sketch {
        title: "Stalled heartbeats",
        description: "Heartbeats that missed their deadline.",
        expr: "sum(heartbeat_stalled{#}) or vector(0)",
        legend: "",
        show: Show::Number { good: Good::Zero },
        unit: None,
    },
    Sketch {
        title: "Restarts in the last hour",
        description: "New processes at the same address.",
        expr: "sum(changes(process_start_time_seconds{#}[1h]))",
        legend: "",
        show: Show::Number { good: Good::Zero },
        unit: None,
    },
];

const CHARTS: [Sketch; 10] = [
    Sketch {
        title: "Ready",
        description: "Whether each instance is ready.",
        expr: "heartbeat_ready{#}",
        legend: "{{instance}}",
        show: Show::Switch { off: "not ready", on: "ready" },
        unit: None,
    },
    Sketch {
        title: "Heartbeats",
        description: "Time since each heartbeat was seen alive, as a part of its own deadline. At 100 % it is stalled.",
        expr: "heartbeat_age_seconds{#} / heartbeat_deadline_seconds{#}",
        legend: "{{instance}} {{heartbeat}}",
        show: Show::Lines { has_limit: true },
        unit: Some("percentunit"),
    },
    Sketch {
        title: "Lag of the runtime",
        description: "99 of 100 empty tasks run within this time. Blocking code makes it grow.",
        expr: "histogram_quantile(0.99, sum by (instance, le) (rate(heartbeat_canary_lag_seconds_bucket{#}[$__rate_interval])))",
        legend: "{{instance}}",
        show: Show::Lines { has_limit: false },
        unit: Some("s"),
    },
    Sketch {
        title: "Changes of the verdict",
        description: "How often each instance changed its mind, in an hour. Many changes are flapping.",
        expr: "increase(heartbeat_transitions_total{#}[1h])",
        legend: "{{instance}}",
        show: Show::Lines { has_limit: false },
        unit: None,
    },
    Sketch {
        title: "Checks",
        description: "Dependencies that are asked in the background.",
        expr: "heartbeat_check_passing{#}",
        legend: "{{instance}} {{check}}",
        show: Show::Switch { off: "fails", on: "passes" },
        unit: None,
    },
    Sketch {
        title: "Duration of checks",
        description: "How long each dependency took to answer last.",
        expr: "heartbeat_check_duration_seconds{#}",
        legend: "{{instance}} {{check}}",
        show: Show::Lines { has_limit: false },
        unit: Some("s"),
    },
    Sketch {
        title: "Tasks",
        description: "Supervised tasks; one that waits to be restarted is down.",
        expr: "heartbeat_task_up{#}",
        legend: "{{instance}} {{task}}",
        show: Show::Switch { off: "down", on: "up" },
        unit: None,
    },
    Sketch {
        title: "Restarts of tasks in an hour",
        description: "Tasks that failed and were started again.",
        expr: "increase(heartbeat_task_restarts_total{#}[1h])",
        legend: "{{instance}} {{task}}",
        show: Show::Lines { has_limit: false },
        unit: None,
    },
    Sketch {
        title: "Processor",
        description: "Processors in use.",
        expr: "rate(process_cpu_seconds_total{#}[$__rate_interval])",
        legend: "{{instance}}",
        show: Show::Lines { has_limit: false },
        unit: Some("short"),
    },
    Sketch {
        title: "Memory",
        description: "Resident memory.",
        expr: "process_resident_memory_bytes{#}",
        legend: "{{instance}}",
        show: Show::Lines { has_limit: false },
        unit: Some("bytes"),
    },
];

/// Returns the panels: the numbers side by side, and below them the charts in pairs.
pub(super) fn all() -> Vec<Panel> {
    let (number, chart) = ((COLUMNS / 4, 4), (COLUMNS / 2, 8));
    let numbers = NUMBERS.iter().zip(0..).map(|(sketch, n)| {
        let place = GridPos { x: n * number.0, y: 0, w: number.0, h: number.1 };
        panel(sketch, n + 1, place)
    });
    let charts = CHARTS.iter().zip(0..).map(|(sketch, n)| {
        let (x, y) = (n % 2 * chart.0, number.1 + n / 2 * chart.1);
        panel(sketch, n + 5, GridPos { x, y, w: chart.0, h: chart.1 })
    });
    numbers.chain(charts).collect()
}

fn panel(sketch: &Sketch, id: u32, grid_pos: GridPos) -> Panel {
    let is_instant = matches!(sketch.show, Show::Number { .. });
    Panel {
        id,
        r#type: match sketch.show {
            Show::Number { .. } => "stat",
            Show::Lines { .. } => "timeseries",
            Show::Switch { .. } => "state-timeline",
        },
        title: sketch.title,
        description: sketch.description,
        datasource: DataSource::CHOSEN,
        grid_pos,
        targets: vec![Query {
            ref_id: "A",
            expr: sketch.expr.replace('#', CHOSEN),
            legend_format: sketch.legend,
            instant: is_instant,
            range: !is_instant,
        }],
        field_config: FieldConfig {
            defaults: FieldDefaults {
                unit: sketch.unit,
                min: 0,
                mappings: mappings(sketch.show),
                color: Color { mode: color(sketch.show) },
                thresholds: thresholds(sketch.show),
                custom: matches!(sketch.show, Show::Lines { has_limit: true })
                    .then_some(Custom { thresholds_style: ThresholdsStyle { mode: "line" } }),
            },
            overrides: [],
        },
        options: options(sketch.show),
    }
}

fn mappings(show: Show) -> Vec<Mapping> {
    let Show::Switch { off, on } = show else { return Vec::new() };
    let options = MappedValues {
        zero: MappedValue { text: off, color: "red", index: 0 },
        one: MappedValue { text: on, color: "green", index: 1 },
    };
    vec![Mapping { r#type: "value", options }]
}

fn color(show: Show) -> &'static str {
    match show {
        Show::Lines { has_limit: false } => "palette-classic",
        Show::Lines { has_limit: true } => "palette-classic-by-name",
        Show::Number { .. } | Show::Switch { .. } => "thresholds",
    }
}

fn thresholds(show: Show) -> Option<Thresholds> {
    let [below, above] = match show {
        Show::Number { good: Good::AboveZero } => ["red", "green"],
        Show::Number { good: Good::Zero } | Show::Lines { has_limit: true } => ["green", "red"],
        Show::Lines { has_limit: false } | Show::Switch { .. } => return None,
    };
    let steps = [Step { color: below, value: None }, Step { color: above, value: Some(1.0) }];
    Some(Thresholds { mode: "absolute", steps })
}

fn options(show: Show) -> Options {
    let lines = matches!(show, Show::Lines { .. });
    Options {
        color_mode: matches!(show, Show::Number { .. }).then_some("background"),
        merge_values: matches!(show, Show::Switch { .. }).then_some(true),
        legend: lines.then_some(Legend {
            display_mode: "list",
            placement: "bottom",
            is_shown: true,
        }),
        tooltip: lines.then_some(Tooltip { mode: "multi", sort: "desc" }),
    }
}
