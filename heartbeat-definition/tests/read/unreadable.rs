//! Unreadable files and limits.

use crate::support::{endpoints, service, unmark, worker};
use heartbeat_definition::{Code, ServiceConfiguration, ServiceDefinition};

#[track_caller]
fn assert_unreadable(marked: &str, words: &str) {
    let (text, position) = unmark(marked);
    let error = ServiceDefinition::read(text.as_bytes()).unwrap_err();
    assert_eq!(error.position(), position, "{error}\n{text}");
    assert!(error.message().contains(words), "{error}");
    assert_eq!(error.to_string(), format!("{position}: {}", error.message()));
}

#[test]
fn refuses_other_files() {
    assert_unreadable("▸<ServiceConfiguration />", "not `ServiceDefinition`");
    assert_unreadable(
        "\n▸<RoleModel xmlns=\"http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition\" />",
        "`RoleModel`",
    );
    assert_unreadable("▸<ServiceDefinition xmlns=\"urn:x\" />", "foreign namespace `urn:x`");
    assert_unreadable("▸", "no element");
    assert_unreadable("<!-- a -->\n▸", "no element");
    let error = ServiceConfiguration::read(b"<ServiceDefinition />").unwrap_err();
    assert!(error.message().contains(".cscfg"), "{error}");
}

#[test]
fn explains_syntax_errors() {
    assert_unreadable("<a>\n<b></a▸", "cut off");
    assert_unreadable("<a>\n<b>▸</a>", "`</b>` must come first, for the `<b>` at 2:1");
    assert_unreadable("<a b=\"1\" ▸b=\"2\" />", "given twice");
    assert_unreadable("<a b=\"x ▸< y\" />", "&lt;");
    assert_unreadable("<a b=\"x ▸& y\" />", "&amp;");
    assert_unreadable("<a b=\"▸&nbsp;\" />", "`&nbsp;`");
    assert_unreadable("<▸x:a />", "prefix `x`");
}

#[test]
fn explains_a_missing_quotation_mark_before_a_limit() {
    let rest = "  <b c=\"d\" e=\"f\" />\n".repeat(100);
    assert_unreadable(&format!("<a>\n  <b c=\"d />\n  ▸{}", rest.trim_start()), "&lt;");
}

#[test]
fn names_placeholders() {
    assert_unreadable("<a>\n  <b ▸$name$=\"1\" /></a>", "fill in the template placeholders");
    assert_unreadable("<a name=\"▸<name>\" />", "fill in the template placeholders");
    assert_unreadable("<a cost=\"5$\" ▸$ />", "`$` is not an attribute name");
}

#[test]
fn refuses_document_types_and_entities() {
    assert_unreadable("<!-- <!DOCTYPE a> -->\n▸<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>", "DTD");
    assert_unreadable("▸<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a />", "DTD");
}

#[test]
fn enforces_limits() {
    let deep = |levels: usize| format!("{}{}", "<a>".repeat(levels), "</a>".repeat(levels));
    let error = ServiceDefinition::read(deep(65).as_bytes()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "1:193: elements are nested deeper than 64 levels, more than any service file needs: \
         is this the right file?"
    );
    let error = ServiceDefinition::read(deep(64).as_bytes()).unwrap_err();
    assert!(error.message().contains("root element"), "{error}");

    let error = ServiceDefinition::read(&vec![b' '; (1 << 20) + 1]).unwrap_err();
    assert!(error.message().contains("1048577 bytes"), "{error}");

    let attributes: String = (0..65).map(|n| [" a", &n.to_string(), "=''"].concat()).collect();
    let error = ServiceDefinition::read(format!("<a{attributes}/>").as_bytes()).unwrap_err();
    assert!(error.message().contains("attributes"), "{error}");

    let namespaces = "<a xmlns=''/>".repeat(257);
    let error = ServiceDefinition::read(format!("<b>{namespaces}</b>").as_bytes()).unwrap_err();
    assert!(error.message().contains("namespaces"), "{error}");
}

#[test]
fn bounds_the_number_of_diagnostics() {
    let text = service(&"<x/>".repeat(100_000));
    let parsed = ServiceDefinition::lint(text.as_bytes()).unwrap();
    assert_eq!(parsed.diagnostics.len(), 1000);
    assert_eq!(parsed.diagnostics[999].code, Code::TooManyDiagnostics);
}

#[test]
fn resolves_line_ends_and_references() {
    let text = service("<WorkerRole\r\n\tname=\"a&amp;&#x62;\" />").replace('\n', "\r\n");
    let model = ServiceDefinition::read(text.as_bytes()).unwrap();
    assert_eq!(model.roles[0].name, "a&b");
    assert_eq!(model.roles[0].position.to_string(), "3:8");
}

/// Fills a file with as many pieces as fit.
fn fill(frame: impl Fn(&str) -> String, piece: impl Fn(usize) -> String) -> String {
    let room = (1 << 20) - frame("").len();
    let mut text = String::new();
    for piece in (0..).map(piece) {
        if text.len() + piece.len() > room {
            break;
        }
        text += &piece;
    }
    frame(&text)
}

fn unresolved_endpoint(n: usize) -> String {
    format!(
        "<InputEndpoint name='e{n}' protocol='tcp' port='1' certificate='c{n}' \
         loadBalancerProbe='p{n}' />"
    )
}

fn endpoint_or_certificate(n: usize) -> String {
    if n.is_multiple_of(2) {
        format!("<Endpoints>{}</Endpoints>", unresolved_endpoint(n))
    } else {
        format!(
            "<Certificates><Certificate name='x{n}' storeLocation='' storeName='' /></Certificates>"
        )
    }
}

fn traffic_rule(n: usize) -> String {
    format!(
        "<OnlyAllowTrafficTo><Destinations><RoleEndpoint roleName='Orders' endpointName='e{n}' />\
         </Destinations></OnlyAllowTrafficTo>"
    )
}

/// Adds traffic rules for a role with 4,000 endpoints.
fn traffic_rules(body: &str) -> String {
    let many: Vec<_> = (0..4000).map(unresolved_endpoint).collect();
    let many = many.concat();
    service(&format!(
        "<WorkerRole name='Orders'><Endpoints>{many}</Endpoints></WorkerRole>\
         <NetworkTrafficRules>{body}</NetworkTrafficRules>"
    ))
}

/// Returns a long name that differs from the others as much as a compared name can.
fn alike(kind: char, n: usize) -> String {
    format!("{:x<44}{}", format!("{n:05}"), kind.to_string().repeat(20))
}

/// Adds lookups of undeclared certificates, each resembling many declared ones.
fn nearly_certificates(body: &str) -> String {
    let unresolved = (0..25).map(|n| {
        let name = alike('y', n);
        format!("<InputEndpoint name='e{n}' protocol='https' port='1' certificate='{name}' />")
    });
    let unresolved: String = unresolved.collect();
    worker(&format!("<Endpoints>{unresolved}</Endpoints><Certificates>{body}</Certificates>"))
}

fn certificate(name: &str) -> String {
    format!("<Certificate name='{name}' storeLocation='LocalMachine' storeName='My' />")
}

/// Each of these takes a careless reader quadratic time. The bound is generous: a debug build on a
/// busy machine needs a fraction of it.
#[test]
fn lints_hostile_files_in_time() {
    let long = "n".repeat(500_000);
    let texts = [
        fill(service, |_| "<x/>".to_owned()),
        fill(service, |n| format!("<WorkerRole name='r{n}'/>")),
        fill(service, |_| "\n".to_owned()),
        fill(service, |_| "<!---->".to_owned()),
        fill(service, |_| "<x xmlns='urn:x'/>".to_owned()),
        fill(worker, endpoint_or_certificate),
        fill(endpoints, unresolved_endpoint),
        fill(traffic_rules, traffic_rule),
        fill(nearly_certificates, |n| certificate(&alike('z', n))),
        fill(nearly_certificates, |n| certificate(&format!("{n:z>111}"))),
        fill(endpoints, |n| format!("<InputEndpoint certificate='{}' />", alike('y', n))),
        fill(endpoints, |_| {
            "<InputEndpoint loadBalancerDistribution='sourceIPProtxxxx' />".to_owned()
        }),
        fill(|body| format!("<a b='{body}'/>"), |_| "&#65;".to_owned()),
        fill(|body| format!("<a {body}"), |_| "='".to_owned()),
        fill(|body| format!("<a b={body}"), |_| "#{".to_owned()),
        fill(|body| format!("<a {body}"), |_| "“ ".to_owned()),
        fill(worker, |_| "{{${".to_owned()),
        fill(|body| format!("<a b='{body}'/>"), |_| "$(".to_owned()),
        fill(|body| format!("<a>{body}</b>"), |_| "<c></c>".to_owned()),
        service(&format!("<WorkerRole name='{long}' /><WorkerRole name='{long}' />")),
        service(&format!("<WorkerRole {long}='' />")),
    ];
    for text in texts {
        assert!(text.len() <= 1 << 20, "{}", text.len());
        let start = std::time::Instant::now();
        let parsed = ServiceDefinition::lint(text.as_bytes());
        let took = start.elapsed();
        let diagnostics = parsed.map(|parsed| parsed.diagnostics.len());
        assert!(took.as_secs() < 10, "{took:?}, {diagnostics:?}: {}", &text[..200]);
    }
}
