-- Loyal reach of a creator as it was published 30 days before the last day that was recorded; no row: none was published then.
create table creator_growth (
    creator_key uuid primary key,
    loyal_reach double precision not null,
    changed_xid bigint not null default (pg_current_xact_id()::text::bigint)
);
create index creator_growth_changed on creator_growth (changed_xid);
