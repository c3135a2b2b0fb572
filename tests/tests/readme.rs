//! What the README shows is what is there.

use heartbeat_tests::workspace;

#[test]
fn its_smallest_worker_is_the_hello_worker() {
    let file = |path| std::fs::read_to_string(workspace().join(path)).unwrap();
    let readme = file("README.md");
    let main = file("examples/hello-worker/src/main.rs");
    let code = &main[main.find("use ").unwrap()..];
    assert!(readme.contains(&format!("```rust\n{code}```")), "the code differs:\n{code}");
    let definition = file("examples/hello-worker/ServiceDefinition.csdef");
    assert!(readme.contains(&format!("```xml\n{definition}```")), "the definition differs");
}
