create table accounts (
  name text primary key,
  balance bigint not null default 0
);

create table jobs (
  id bigint generated always as identity primary key,
  account text not null,
  amount bigint not null,
  attempts integer not null default 0,
  -- Not before this time. A failed attempt moves it on.
  run_at timestamptz not null default now(),
  last_error text,
  -- No attempt is left: someone must look at the last error.
  failed boolean not null default false
);
create index jobs_due on jobs (run_at, id) where not failed;

-- The transaction that writes an entry removes its job. No unique constraint guards the entries: none is
-- needed.
create table ledger (
  job bigint not null,
  account text not null,
  amount bigint not null,
  paid_at timestamptz not null default now()
);

-- Wakes idle consumers when the producer commits.
create function notify_jobs() returns trigger language plpgsql as $$
begin
  notify jobs;
  return null;
end $$;
create trigger jobs_added after insert on jobs for each statement execute function notify_jobs();
