/* creators::write: new creators and new states of creators that are there */
insert into creators (
    creator_key, tenant_id, creator_id, display_name, bio, country, region, city, languages, creator_values, niches,
    accounts, version
)
select
    creator_key, $1, creator_id, display_name, bio, country, region, city, languages, creator_values, niches,
    accounts, version
from json_to_recordset($2) as input (
    creator_key uuid, creator_id text, display_name text, bio text, country text, region text, city text,
    languages text[], creator_values text[], niches text[], accounts jsonb, version bigint
)
on conflict (creator_key) do update
set display_name = excluded.display_name, bio = excluded.bio, country = excluded.country,
    region = excluded.region, city = excluded.city, languages = excluded.languages,
    creator_values = excluded.creator_values, niches = excluded.niches, accounts = excluded.accounts,
    version = excluded.version, updated_at = now(), changed_xid = pg_current_xact_id()::text::bigint
returning created_at, updated_at
