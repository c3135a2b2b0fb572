//! The Rust of the guide, as doctests: chapter by chapter.

macro_rules! chapters {
    ($($chapter:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../../docs/src/", $file))]
            mod $chapter {}
        )*
    };
}

chapters! {
    at_scale: "at-scale.md",
    containers: "containers.md",
    definition: "definition.md",
    from_azure: "from-azure.md",
    from_hand_written: "from-hand-written.md",
    from_kubert: "from-kubert.md",
    from_tokio_graceful_shutdown: "from-tokio-graceful-shutdown.md",
    health: "health.md",
    kubernetes: "kubernetes.md",
    limits: "limits.md",
    logs_and_metrics: "logs-and-metrics.md",
    operations: "operations.md",
    settings: "settings.md",
    start: "start.md",
    stopping: "stopping.md",
    systemd: "systemd.md",
    testing: "testing.md",
    tls: "tls.md",
}
