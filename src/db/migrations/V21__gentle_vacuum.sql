-- Relationships grow and change all the time, and are vacuumed every minute or two under load. At full speed that took one of two
-- cores for seconds, in which events were folded and ranked late.
alter table relationships set (autovacuum_vacuum_cost_delay = 2);
