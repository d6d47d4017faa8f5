-- When the niches of a tenant were looked at in the background: when somebody began to last, and when that was done.
create table insight_rounds (
    tenant_id integer primary key references tenants,
    claimed_at timestamptz not null default now(),
    looked_at timestamptz
);

-- Niches whose people are the same more often than chance gives. Of fewer than 20 people nothing is stored.
create table niche_relations (
    tenant_id integer not null references tenants,
    niche_id text collate "C" not null,
    place smallint not null,
    related_id text collate "C" not null,
    people integer not null check (people >= 20),
    times_chance double precision not null,
    low double precision not null,
    high double precision not null,
    primary key (tenant_id, niche_id, place)
);

-- Topics of posts, and words of topics, that creators of a niche use more often than before. Of fewer than 5 creators nothing
-- is stored.
create table niche_terms (
    tenant_id integer not null references tenants,
    niche_id text collate "C" not null,
    is_word boolean not null,
    place smallint not null,
    term text collate "C" not null,
    posts integer not null,
    posts_before integer not null,
    creators integer not null check (creators >= 5),
    times_before double precision not null,
    low double precision not null,
    high double precision not null,
    primary key (tenant_id, niche_id, is_word, place)
);
