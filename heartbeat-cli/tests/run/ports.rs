//! The addresses of endpoints.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};

use crate::project::{Project, free_port, role};

fn project(port: u16, endpoints: &str) -> Project {
    let input = format!(
        r#"<InputEndpoint name="Api" protocol="tcp" port="{port}" localPort="9000" />{endpoints}"#
    );
    let project = Project::new(&role("Orders", "orders.py", &input));
    let script = "import os, socket\n\
        host, port = os.environ['HEARTBEAT_ENDPOINT_API'].split(':')\n\
        server = socket.create_server((host, int(port)))\n\
        print('listening at', host, port, flush=True)\n\
        while True:\n    \
        client, _ = server.accept()\n    \
        client.sendall(os.environ['HEARTBEAT_INSTANCE_ID'].encode())\n    \
        client.close()\n";
    project.script("orders.py", "");
    project.write("orders.py", &format!("#!/usr/bin/env python3\n{script}"));
    project
}

/// Returns what a server sends.
fn read(port: u16) -> String {
    let mut text = String::new();
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"").unwrap();
    stream.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn a_public_port_is_balanced_over_the_instances() {
    let port = free_port();
    let project = project(port, "");
    let mut run = project.run(&["--scale", "Orders=2"]);
    run.wait_until_logged("Orders_IN_0 | listening at 127.255.0.1 9000");
    run.wait_until_logged("Orders_IN_1 | listening at 127.255.0.2 9000");
    let (first, second) = (read(port), read(port));
    let mut answers = [first, second];
    answers.sort();
    assert_eq!(answers, ["Orders_IN_0", "Orders_IN_1"]);
    let public = &project.status()[0]["endpoints"][0]["public"];
    assert_eq!(public, &format!("127.0.0.1:{port}"));
}

#[test]
fn a_taken_public_port_is_an_error_with_a_way_out() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = other.local_addr().unwrap().port();
    let project = project(port, "");
    let mut run = project.run(&[]);
    let line = run.wait_for_line("error: ");
    let expected = format!(
        "error: cannot bind 127.0.0.1:{port}, the public port of endpoint `Api` of role `Orders`: "
    );
    assert!(line.starts_with(&expected) && line.contains("--port-offset"), "{line}");
    assert_eq!(run.wait().code(), Some(1));

    let moved = free_port();
    let (offset, declared) = (moved - 11_000, 11_000);
    let project = self::project(declared, "");
    let mut run = project.run(&["--port-offset", &offset.to_string()]);
    run.wait_until_logged("Orders_IN_0 | listening");
    assert_eq!(read(moved), "Orders_IN_0");
}

#[test]
fn a_taken_port_of_an_instance_is_replaced() {
    let other = TcpListener::bind("0.0.0.0:0").unwrap();
    let taken = other.local_addr().unwrap().port();
    let endpoint = format!(r#"<InternalEndpoint name="Inside" protocol="tcp" port="{taken}" />"#);
    let project = project(free_port(), &endpoint);
    let mut run = project.run(&[]);
    let line = run.wait_for_line("cannot be bound");
    let expected = format!(
        "heartbeat: Orders_IN_0: 127.255.0.1:{taken} of endpoint Inside cannot be bound: port "
    );
    assert!(line.starts_with(&expected), "{line}");
}

#[test]
fn an_offset_beyond_the_last_port_is_refused() {
    let project = project(8080, "");
    let mut run = project.run(&["--port-offset", "60000"]);
    let line = run.wait_for_line("error: ");
    assert!(line.contains("cannot move public port 8080 of endpoint `Api` by 60000"), "{line}");
    assert_eq!(run.wait().code(), Some(2));
}

#[test]
fn instances_that_share_a_variable_are_said() {
    let endpoint = r#"<InternalEndpoint name="Work" protocol="tcp" />"#;
    let names = ["Orders", "orders"].map(|name| role(name, "echo up", endpoint));
    let project = Project::new(&names.concat());
    let mut run = project.run(&[]);
    let line = run.wait_for_line("HEARTBEAT_INSTANCES_ORDERS_WORK");
    assert!(line.contains("Orders and orders have one variable"), "{line}");
    run.wait();
}
