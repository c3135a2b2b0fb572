//! Parts of definitions and configurations, made whole.

const NAMESPACE: &str = "http://schemas.microsoft.com/ServiceHosting/2008/10";

/// Elements, and the lines around each that make it a definition or a configuration.
const PARENTS: [(&[&str], &str, &str); 4] = [
    (
        &["<InputEndpoint", "<InternalEndpoint", "<InstanceInputEndpoint"],
        "<Endpoints>",
        "</Endpoints>",
    ),
    (
        &["<Certificates", "<ConfigurationSettings", "<Endpoints", "<LocalResources", "<Runtime"],
        "<WorkerRole name=\"Orders\" vmsize=\"Small\">",
        "</WorkerRole>",
    ),
    (&["<LoadBalancerProbes", "<WorkerRole"], "<ServiceDefinition", "</ServiceDefinition>"),
    (&["<Role"], "<ServiceConfiguration", "</ServiceConfiguration>"),
];

/// Returns a whole file, of whole elements of one kind.
pub(crate) fn complete(elements: &str) -> String {
    let mut text = elements.to_owned();
    for (elements, start, end) in PARENTS {
        let first = text.split([' ', '>', '\n']).next().unwrap_or_default();
        if elements.contains(&first) {
            text = match start.strip_prefix("<Service") {
                Some(kind) => {
                    let name = if kind == "Definition" { "name" } else { "serviceName" };
                    format!(
                        "{start} {name}=\"Shop\" xmlns=\"{NAMESPACE}/Service{kind}\">\n{text}{end}\n"
                    )
                }
                None => format!("{start}\n{text}{end}\n"),
            };
        }
    }
    text
}
