-- Marks of a few of a creator's people, eight in each of two numbers: how many two creators share. Filled by the next count of
-- communities, at most an hour later; as long as processes of the version before count them, too, later.
alter table creator_communities add column people_sample bigint[] not null default '{0,0}';
