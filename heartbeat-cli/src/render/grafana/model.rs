//! The part of Grafana's dashboard model that we use.

use serde::Serialize;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Dashboard {
    pub(super) uid: String,
    pub(super) title: String,
    pub(super) description: &'static str,
    pub(super) tags: [&'static str; 1],
    pub(super) schema_version: u32,
    pub(super) editable: bool,
    pub(super) refresh: &'static str,
    pub(super) time: TimeRange,
    pub(super) templating: Variables,
    pub(super) annotations: Annotations,
    pub(super) panels: Vec<Panel>,
}

#[derive(Serialize)]
pub(super) struct TimeRange {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
}

#[derive(Serialize)]
pub(super) struct Annotations {
    pub(super) list: [(); 0],
}

#[derive(Serialize)]
pub(super) struct Variables {
    pub(super) list: Vec<Variable>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    name: &'static str,
    label: &'static str,
    r#type: &'static str,
    query: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    datasource: Option<DataSource>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sort: Option<u8>,
    multi: bool,
    include_all: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    current: Option<Current>,
}

#[derive(Serialize)]
struct Current {
    text: [&'static str; 1],
    value: [&'static str; 1],
}

#[derive(Clone, Copy, Serialize)]
pub(super) struct DataSource {
    r#type: &'static str,
    uid: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Panel {
    pub(super) id: u32,
    pub(super) r#type: &'static str,
    pub(super) title: &'static str,
    pub(super) description: &'static str,
    pub(super) datasource: DataSource,
    pub(super) grid_pos: GridPos,
    pub(super) targets: Vec<Query>,
    pub(super) field_config: FieldConfig,
    pub(super) options: Options,
}

#[derive(Serialize)]
pub(super) struct GridPos {
    pub(super) x: u32,
    pub(super) y: u32,
    pub(super) w: u32,
    pub(super) h: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Query {
    pub(super) ref_id: &'static str,
    pub(super) expr: String,
    pub(super) legend_format: &'static str,
    pub(super) instant: bool,
    pub(super) range: bool,
}

#[derive(Serialize)]
pub(super) struct FieldConfig {
    pub(super) defaults: FieldDefaults,
    pub(super) overrides: [(); 0],
}

#[derive(Serialize)]
pub(super) struct FieldDefaults {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) unit: Option<&'static str>,
    pub(super) min: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) mappings: Vec<Mapping>,
    pub(super) color: Color,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) thresholds: Option<Thresholds>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) custom: Option<Custom>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Custom {
    pub(super) thresholds_style: ThresholdsStyle,
}

#[derive(Serialize)]
pub(super) struct ThresholdsStyle {
    pub(super) mode: &'static str,
}

#[derive(Serialize)]
pub(super) struct Mapping {
    pub(super) r#type: &'static str,
    pub(super) options: MappedValues,
}

#[derive(Serialize)]
pub(super) struct MappedValues {
    #[serde(rename = "0")]
    pub(super) zero: MappedValue,
    #[serde(rename = "1")]
    pub(super) one: MappedValue,
}

#[derive(Serialize)]
pub(super) struct MappedValue {
    pub(super) text: &'static str,
    pub(super) color: &'static str,
    pub(super) index: u8,
}

#[derive(Serialize)]
pub(super) struct Color {
    pub(super) mode: &'static str,
}

#[derive(Serialize)]
pub(super) struct Thresholds {
    pub(super) mode: &'static str,
    pub(super) steps: [Step; 2],
}

#[derive(Serialize)]
pub(super) struct Step {
    pub(super) color: &'static str,
    pub(super) value: Option<f64>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Options {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) color_mode: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) merge_values: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) legend: Option<Legend>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tooltip: Option<Tooltip>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Legend {
    pub(super) display_mode: &'static str,
    pub(super) placement: &'static str,
    #[serde(rename = "showLegend")]
    pub(super) is_shown: bool,
}

#[derive(Serialize)]
pub(super) struct Tooltip {
    pub(super) mode: &'static str,
    pub(super) sort: &'static str,
}

// === impl DataSource ===

impl DataSource {
    /// The one that the dashboard's user chooses.
    pub(super) const CHOSEN: Self = Self { r#type: "prometheus", uid: "${datasource}" };
}

// === impl Variable ===

impl Variable {
    /// The Prometheus that has the metrics.
    pub(super) fn data_source() -> Self {
        Self {
            name: "datasource",
            label: "Data source",
            r#type: "datasource",
            query: "prometheus".to_owned(),
            datasource: None,
            refresh: None,
            sort: None,
            multi: false,
            include_all: false,
            current: None,
        }
    }

    /// The values of a label, of which all are chosen at first.
    pub(super) fn query(name: &'static str, label: &'static str, query: String) -> Self {
        Self {
            name,
            label,
            r#type: "query",
            query,
            datasource: Some(DataSource::CHOSEN),
            // When the time range changes.
            refresh: Some(2),
            // By name.
            sort: Some(1),
            multi: true,
            include_all: true,
            current: Some(Current { text: ["All"], value: ["$__all"] }),
        }
    }
}
