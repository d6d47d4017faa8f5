-- Rounds read the creators of a tenant page by page, in the order of their keys: without this they passed by those of all other
-- tenants, or sorted all of the tenant's own for every page.
create index creators_of_tenant on creators (tenant_id, creator_key);

-- Until a tenth of a table is new, PostgreSQL may not know of a whole tenant in it, and takes it for one creator.
alter table creators set (autovacuum_analyze_scale_factor = 0.01);
alter table creator_statistics set (autovacuum_analyze_scale_factor = 0.01);
alter table creator_trust set (autovacuum_analyze_scale_factor = 0.01);
alter table posts set (autovacuum_analyze_scale_factor = 0.01);
