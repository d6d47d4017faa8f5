-- What creators say of periods in which many people came. status: 0 open, 1 accepted, 2 declined.
create table annotations (
    annotation_id uuid not null default gen_random_uuid(),
    creator_key uuid not null,
    from_day date not null,
    to_day date not null,
    reason text not null,
    status smallint not null default 0,
    created_at timestamptz not null default now(),
    decided_at timestamptz,
    primary key (creator_key, annotation_id)
);
