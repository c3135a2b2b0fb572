//! Cost of reading and of linting, which reads too: at most 200 microseconds for a definition of
//! 200 lines, and linear up to the limit.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use heartbeat_definition::ServiceDefinition;
use std::hint::black_box;
use std::time::Instant;

/// Returns a valid definition of about `lines` lines.
fn definition(lines: usize) -> String {
    let roles: Vec<_> = (0..lines.saturating_sub(2).div_ceil(14)).map(role).collect();
    let namespace = "http://schemas.microsoft.com/ServiceHosting/2008/10/ServiceDefinition";
    format!(
        "<ServiceDefinition name=\"Shop\" xmlns=\"{namespace}\">\n{}</ServiceDefinition>\n",
        roles.concat()
    )
}

fn role(number: usize) -> String {
    format!(
        r#"  <WorkerRole name="Orders{number}" vmsize="Standard_D2_v2">
    <Endpoints>
      <InputEndpoint name="Heartbeat" protocol="http" port="{port}" localPort="3000" />
      <InternalEndpoint name="Management" protocol="tcp" port="*" />
    </Endpoints>
    <ConfigurationSettings>
      <Setting name="QueueUrl" />
      <Setting name="StorageAccountConnectionString" />
      <Setting name="Microsoft.Orders.RetryCount" />
    </ConfigurationSettings>
    <LocalResources>
      <LocalStorage name="Cache" sizeInMB="1024" cleanOnRoleRecycle="false" />
    </LocalResources>
  </WorkerRole>
"#,
        port = number % 65_535 + 1,
    )
}

fn read(criterion: &mut Criterion) {
    measure(criterion, "read", |bytes| drop(ServiceDefinition::read(black_box(bytes))));
}

fn lint(criterion: &mut Criterion) {
    measure(criterion, "lint", |bytes| drop(ServiceDefinition::lint(black_box(bytes))));
}

fn measure(criterion: &mut Criterion, name: &str, call: fn(&[u8])) {
    let mut group = criterion.benchmark_group(name);
    for lines in [200, 1_000, 5_000, 20_000] {
        let text = definition(lines);
        assert!(text.len() <= 1 << 20, "{}", text.len());
        group.throughput(Throughput::Bytes(text.len() as u64));
        let id = BenchmarkId::from_parameter(format!("{lines} lines"));
        group.bench_with_input(id, text.as_bytes(), |bencher, bytes| {
            bencher.iter(|| call(bytes));
        });
    }
    group.finish();
}

/// Prints the time against the bound, by the best of many runs, because noise only adds.
fn verdict(_: &mut Criterion) {
    let best = |lines, runs| {
        let text = definition(lines);
        let time = |_| {
            let start = Instant::now();
            let parsed = ServiceDefinition::lint(black_box(text.as_bytes()));
            let took = start.elapsed();
            drop(parsed);
            took
        };
        (text.len(), (0..runs).map(time).min().unwrap_or_default())
    };
    let (length, took) = best(200, 2000);
    println!("200 lines ({length} bytes) are linted in {took:.1?}; the bound is 200 µs");
    for lines in [200, 2_000, 20_000] {
        let (length, took) = best(lines, 400_000 / lines);
        let each = took.as_nanos() * 1000 / length as u128;
        println!("{length:>7} bytes: {each} ns for 1,000 bytes");
    }
}

criterion_group!(benches, read, lint, verdict);
criterion_main!(benches);
