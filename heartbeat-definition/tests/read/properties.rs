//! Properties of reading and linting damaged files.

use heartbeat_definition::{ServiceConfiguration, ServiceDefinition};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::support::service;

const SAMPLE: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<!-- Some of everything. -->
<ServiceDefinition name="Shop" upgradeDomainCount="2" xmlns="http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition">
  <LoadBalancerProbes><LoadBalancerProbe name="P" protocol="http" path="/health" /></LoadBalancerProbes>
  <WorkerRole name="Orders" vmsize="Small">
    <Imports><Import moduleName="Diagnostics" /></Imports>
    <Startup><Task commandLine="a.cmd"><Environment><Variable name="V" value="&lt;é" /></Environment></Task></Startup>
    <Endpoints>
      <InputEndpoint name="Heartbeat" protocol="http" port="80" localPort="*" loadBalancerProbe="P" />
      <InternalEndpoint name="In" protocol="any"><FixedPortRange min="1" max="9" /></InternalEndpoint>
    </Endpoints>
    <Certificates><Certificate name="C" storeLocation="LocalMachine" storeName="My" /></Certificates>
  </WorkerRole>
  <NetworkTrafficRules><OnlyAllowTrafficTo><Destinations><RoleEndpoint roleName="Orders" endpointName="In" /></Destinations><AllowAllTraffic /></OnlyAllowTrafficTo></NetworkTrafficRules>
</ServiceDefinition>
"#;

const DAMAGE: [&str; 16] = [
    "“",
    "”",
    "\0",
    "\u{1a}",
    "\n<<<<<<< a\n",
    "\n=======\n",
    "<% a %>",
    "{{",
    "#{é}",
    "$(",
    "__a__",
    "<?xml version='1.0'?>",
    "<Wörker>",
    "</WorkrRole>",
    "=\"<é>",
    "\u{feff}",
];

proptest! {
    #[test]
    fn damage_never_panics(
        damage in vec((any::<Index>(), any::<u8>(), 0..3_u8), 1..8),
    ) {
        let mut bytes = SAMPLE.as_bytes().to_vec();
        for (place, byte, how) in damage {
            if bytes.is_empty() {
                break;
            }
            let place = place.index(bytes.len());
            match how {
                0 => bytes[place] = byte,
                1 => bytes.insert(place, byte),
                _ => {
                    bytes.remove(place);
                }
            }
        }
        let lines = bytes.split(|byte| *byte == b'\n').count();
        let _ = ServiceConfiguration::lint(&bytes);
        let read = ServiceDefinition::read(&bytes);
        match ServiceDefinition::lint(&bytes) {
            Ok(parsed) => {
                prop_assert_eq!(read.as_ref(), Ok(&parsed.model));
                for diagnostic in &parsed.diagnostics {
                    prop_assert!(diagnostic.position.line as usize <= lines, "{}", diagnostic);
                    prop_assert!(!diagnostic.message.contains('\n'), "{}", diagnostic);
                }
            }
            Err(error) => {
                prop_assert!(error.position().line as usize <= lines, "{}", error);
                prop_assert_eq!(read, Err(error));
            }
        }
    }

    #[test]
    fn known_damage_never_panics(
        damage in vec((any::<Index>(), select(&DAMAGE[..])), 1..4),
        cut in any::<Index>(),
    ) {
        let mut text = SAMPLE.to_owned();
        for (place, piece) in damage {
            let places: Vec<_> = text.char_indices().map(|(at, _)| at).collect();
            text.insert_str(places[place.index(places.len())], piece);
        }
        let lines = text.matches('\n').count() + 1;
        let cut = cut.index(text.len());
        for bytes in [text.as_bytes(), &text.as_bytes()[..cut]] {
            if let Err(error) = ServiceDefinition::read(bytes) {
                prop_assert!(error.position().line as usize <= lines, "{}", error);
                prop_assert!(!error.message().contains(['\n', '\0']), "{}", error);
            }
        }
    }

    #[test]
    fn any_bytes_never_panic(bytes in vec(any::<u8>(), 0..200)) {
        let _ = ServiceDefinition::lint(&bytes);
        let _ = ServiceDefinition::lint(service(&String::from_utf8_lossy(&bytes)).as_bytes());
    }
}

#[test]
fn the_sample_is_valid() {
    let parsed = ServiceDefinition::lint(SAMPLE.as_bytes()).unwrap();
    assert_eq!(parsed.diagnostics, []);
}

#[test]
fn every_cut_is_an_error_in_its_last_line() {
    for end in (0..SAMPLE.trim_end().len()).filter(|end| SAMPLE.is_char_boundary(*end)) {
        let cut = &SAMPLE[..end];
        let error = ServiceDefinition::read(cut.as_bytes()).unwrap_err();
        assert!(error.position().line as usize <= cut.matches('\n').count() + 1, "{error}");
    }
}
