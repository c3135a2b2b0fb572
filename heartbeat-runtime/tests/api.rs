//! Traits of the public types, checked at compile time, and the text forms of those that have one.

#![cfg(feature = "test-util")]
#![expect(clippy::unwrap_used, reason = "in a test, that is how to fail")]

use std::fmt::{Debug, Display};
use std::str::FromStr;

use heartbeat_runtime::host::{Bound, Ended, NoDefinition, NoHeartbeat, Started};
use heartbeat_runtime::probe::{ProbeError, ProbeKind, ProbeKindError, ProbeResponse};
use heartbeat_runtime::test_util::{TestHost, TestWorker};
use heartbeat_runtime::{
    Address, AddressError, Allowance, Check, CheckBuilder, CheckError, Endpoint, Error, FactError,
    Heartbeat, HeartbeatBuilder, HeartbeatError, Host, Idle, InstanceEndpoint, LocalResourceError,
    Metrics, MetricsError, Protocol, Restart, RoleEnvironment, RoleInstance, SettingError, Task,
    TaskBuilder, TaskError,
};

fn is_send_and_sync<T: Send + Sync + 'static>() {}
fn is_error<T: std::error::Error + Send + Sync + 'static>() {}
fn is_debug<T: Debug>() {}

/// User code may move these into tasks and threads. A host stays on its thread, as its phases may.
#[test]
fn handles_and_builders_are_send_and_sync() {
    is_send_and_sync::<RoleEnvironment>();
    is_send_and_sync::<Heartbeat>();
    is_send_and_sync::<HeartbeatBuilder>();
    is_send_and_sync::<Idle>();
    is_send_and_sync::<Allowance>();
    is_send_and_sync::<Check>();
    is_send_and_sync::<CheckBuilder>();
    is_send_and_sync::<Task>();
    is_send_and_sync::<TaskBuilder>();
    is_send_and_sync::<Restart>();
    is_send_and_sync::<Metrics>();
    is_send_and_sync::<Endpoint>();
    is_send_and_sync::<RoleInstance>();
    is_send_and_sync::<InstanceEndpoint>();
    is_send_and_sync::<Protocol>();
    is_send_and_sync::<Address>();
    is_send_and_sync::<ProbeKind>();
    is_send_and_sync::<ProbeResponse>();
    is_send_and_sync::<Bound>();
    is_send_and_sync::<TestWorker>();
}

#[test]
fn errors_can_become_the_error_of_a_phase() {
    is_error::<SettingError>();
    is_error::<LocalResourceError>();
    is_error::<HeartbeatError>();
    is_error::<CheckError>();
    is_error::<TaskError>();
    is_error::<FactError>();
    is_error::<MetricsError>();
    is_error::<AddressError>();
    is_error::<ProbeError>();
    is_error::<ProbeKindError>();
    is_send_and_sync::<Error>();
}

#[test]
fn every_public_type_is_debug() {
    /// A state that is not `Debug`.
    struct State;

    is_debug::<RoleEnvironment>();
    is_debug::<Heartbeat>();
    is_debug::<HeartbeatBuilder>();
    is_debug::<Idle>();
    is_debug::<Allowance>();
    is_debug::<Check>();
    is_debug::<CheckBuilder>();
    is_debug::<Task>();
    is_debug::<TaskBuilder>();
    is_debug::<Restart>();
    is_debug::<Metrics>();
    is_debug::<Endpoint>();
    is_debug::<RoleInstance>();
    is_debug::<InstanceEndpoint>();
    is_debug::<Protocol>();
    is_debug::<Address>();
    is_debug::<ProbeKind>();
    is_debug::<ProbeResponse>();
    is_debug::<Host<State>>();
    is_debug::<Host<State, NoHeartbeat>>();
    is_debug::<Host<State, Bound>>();
    is_debug::<NoDefinition>();
    is_debug::<NoHeartbeat>();
    is_debug::<Bound>();
    is_debug::<Started<State>>();
    is_debug::<Ended>();
    is_debug::<TestHost<State>>();
    is_debug::<TestWorker>();
}

/// Asserts that parsing a text and writing the value gives the text again.
fn assert_round_trip<T>(text: &str)
where
    T: FromStr<Err: Debug> + Display + PartialEq + Debug,
{
    let value: T = text.parse().unwrap();
    assert_eq!(value.to_string(), text);
    assert_eq!(value, value.to_string().parse().unwrap());
}

#[test]
fn an_address_is_written_as_it_is_parsed() {
    for text in ["127.0.0.1:80", "[::1]:80", "[::]:0", "[fe80::1%2]:3000", "unix:/run/orders"] {
        assert_round_trip::<Address>(text);
    }
    let all_interfaces: Address = "3000".parse().unwrap();
    assert_eq!(all_interfaces, "[::]:3000".parse().unwrap());
    assert_eq!(all_interfaces.to_string(), "[::]:3000");
    for text in ["", "localhost:80", "+80", "65536", "127.0.0.1", "unix:relative"] {
        assert!(text.parse::<Address>().is_err(), "{text:?}");
    }
}

#[test]
fn a_probe_kind_is_written_as_it_is_parsed() {
    for text in ["health", "live", "ready", "startup"] {
        assert_round_trip::<ProbeKind>(text);
    }
    for text in ["", "Live", "livez", "live "] {
        assert!(text.parse::<ProbeKind>().is_err(), "{text:?}");
    }
}
