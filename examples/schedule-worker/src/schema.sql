create schema if not exists schedule;

-- Each job, and the due time up to which everything is settled.
create table if not exists schedule.jobs (
  name text primary key,
  settled timestamptz not null
);

-- Each run. The key is the claim: a due time has one run, whatever else fails.
create table if not exists schedule.runs (
  job text not null,
  due timestamptz not null,
  -- Earlier due times for which this run stands too.
  missed integer not null,
  instance text not null,
  result text not null,
  recorded timestamptz not null default now(),
  primary key (job, due)
);
