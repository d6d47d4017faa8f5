//! SQL of replicas. All times are those of the database: clocks of replicas may differ.

use super::Address;
use crate::db::{Client, DbError};
use std::{collections::HashMap, net::IpAddr};

/// The address under which the database sees this process; `None` on a Unix socket.
pub(super) async fn seen_as(client: &Client) -> Result<Option<IpAddr>, DbError> {
    let sql = "/* replicas::seen_as */ select inet_client_addr()";
    Ok(client.query_opt(sql, &[]).await?.and_then(|row| row.get(0)))
}

/// Says that a process is there, and takes out others of whom nothing was seen for a day.
pub(super) async fn announce(client: &Client, series: &str, address: &Address) -> Result<(), DbError> {
    let sql = "/* replicas::announce */
               with gone as (delete from replicas where seen_at < now() - interval '1 day' and series <> $1)
               insert into replicas (series, address) values ($1, $2)
               on conflict (series) do update set address = excluded.address, seen_at = now()";
    client.execute(sql, &[&series, &address.as_str()]).await.map(drop)
}

/// Where each process is reached that was seen within the last minute, by its series.
pub(super) async fn seen_lately(client: &Client) -> Result<HashMap<String, String>, DbError> {
    let sql = "/* replicas::seen_lately */
               select series, address from replicas where seen_at > now() - interval '1 minute'";
    Ok(client.query(sql, &[]).await?.iter().map(|row| (row.get(0), row.get(1))).collect())
}

/// Takes out a process that ends.
pub(super) async fn forget(client: &Client, series: &str) -> Result<(), DbError> {
    let sql = "/* replicas::forget */ delete from replicas where series = $1";
    client.execute(sql, &[&series]).await.map(drop)
}
