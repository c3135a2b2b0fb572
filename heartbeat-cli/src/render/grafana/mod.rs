//! Grafana: a dashboard of a service's workers, from the metrics that each of them has.

mod model;
mod panels;

use super::prometheus::selector;
use super::service::Service;
use super::target::{RenderError, RenderedFile};
use super::{names::label, prometheus};
use model::{Annotations, Dashboard, TimeRange, Variable, Variables};

/// The version of the dashboard's model: that of Grafana 10 and later.
const SCHEMA: u32 = 39;
/// Maximum length of a dashboard's id.
const MAX_ID_LEN: usize = 40;

/// Renders the dashboard, if any worker has metrics.
pub(super) fn render(service: &Service<'_>) -> Result<Vec<RenderedFile>, RenderError> {
    if prometheus::jobs(service).next().is_none() {
        return Ok(Vec::new());
    }
    let dashboard = Dashboard {
        uid: label(&format!("heartbeat-{}", service.name), "heartbeat", MAX_ID_LEN),
        title: service.definition.name.clone(),
        description: "Rendered by `heartbeat render grafana`: change the definition, and render again.",
        tags: ["heartbeat"],
        schema_version: SCHEMA,
        editable: true,
        refresh: "30s",
        time: TimeRange { from: "now-6h", to: "now" },
        templating: Variables { list: variables(service) },
        annotations: Annotations { list: [] },
        panels: panels::all(),
    };
    let text = serde_json::to_string_pretty(&dashboard).map_err(RenderError::Json)?;
    Ok(vec![RenderedFile::new("dashboard.json", text + "\n")])
}

fn variables(service: &Service<'_>) -> Vec<Variable> {
    let jobs = format!("label_values(heartbeat_build_info{{{}}}, job)", selector(service));
    vec![
        Variable::data_source(),
        Variable::query("job", "Role", jobs),
        Variable::query(
            "instance",
            "Instance",
            "label_values(heartbeat_build_info{job=~\"$job\"}, instance)".to_owned(),
        ),
    ]
}
