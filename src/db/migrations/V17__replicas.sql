-- Processes that serve, and where others reach them. series begins the names of the snapshots that a process keeps. A row
-- that was not renewed for a minute is of one that is gone.
create table replicas (
    series text primary key,
    address text not null,
    seen_at timestamptz not null default now()
);
