//! SQL of what is counted in the background.

use super::{
    related::{MIN_PEOPLE, Pair, Relation, Votes},
    rising::{DAYS, DAYS_BEFORE, MIN_CREATORS, Rise, Use},
    significance::Finding,
    terms::Terms,
};
use crate::{
    db::{Client, DbError, Tx},
    ids::TenantId,
    scores::{communities::sampled_steps, interval::Estimate},
};
use jiff::Timestamp;
use tokio_postgres::Row;

/// Relationships that are looked at; of more, those of a sample of people. More: finer counts for large tenants; fewer: less
/// work.
const MAX_RELATIONSHIPS: i64 = 250_000;
/// Posts that are looked at; of more, those of a sample of creators.
const MAX_POSTS: i64 = 250_000;
/// People who engage with more creators are not counted. More: work grows with the square; fewer: keen people are missed.
const MAX_CREATORS: i64 = 30;

/// Votes of a tenant's people for pairs of niches.
pub(super) async fn related(tx: &Tx, tenant: TenantId) -> Result<(Votes, Vec<Pair>), DbError> {
    let sql = "/* insight::related */
               select coalesce(sum(engagers), 0)::int8 from creator_statistics where tenant_id = $1";
    let steps = sampled_steps(tx.query(sql, &[&tenant.0]).await?[0].get(0), MAX_RELATIONSHIPS);
    let sql = include_str!("store/related.sql");
    let rows = tx.query(sql, &[&tenant.0, &steps, &MAX_CREATORS, &i64::from(MIN_PEOPLE)]).await?;
    let all = rows.first().map_or(Votes { all: 0.0, squares: 0.0 }, |row| Votes {
        all: row.get("all_votes"),
        squares: row.get("all_squares"),
    });
    Ok((all, rows.iter().map(pair).collect()))
}

fn pair(row: &Row) -> Pair {
    Pair {
        niches: [row.get("niche"), row.get("other")],
        people: row.get("people"),
        votes: row.get("votes"),
        squares: row.get("squares"),
        of_niches: [row.get("of_niche"), row.get("of_other")],
        same: row.get("same"),
    }
}

/// Of how many of 1,024 parts of a tenant's creators posts are compared.
pub(super) async fn compared(tx: &Tx, tenant: TenantId) -> Result<i32, DbError> {
    let sql = "/* insight::compared */
               select count(*) from creators c join posts p using (creator_key)
               where c.tenant_id = $1 and p.published_at > now() - make_interval(days => $2)";
    let posts: i64 = tx.query(sql, &[&tenant.0, &(DAYS + DAYS_BEFORE)]).await?[0].get(0);
    Ok(i32::try_from(sampled_steps(posts, MAX_POSTS)).expect("there are 1,024 steps"))
}

/// Topics of the posts that are compared.
pub(super) async fn topics(tx: &Tx, tenant: TenantId, steps: i32) -> Result<Vec<String>, DbError> {
    let rows =
        tx.query(include_str!("store/topics.sql"), &[&tenant.0, &steps, &(DAYS + DAYS_BEFORE)]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

/// How often terms were used in each niche.
pub(super) async fn uses(tx: &Tx, tenant: TenantId, steps: i32, terms: &Terms) -> Result<Vec<Use>, DbError> {
    let Terms { topics, numbers, names } = terms;
    let days = DAYS + DAYS_BEFORE;
    let sql = include_str!("store/uses.sql");
    let rows = tx.query(sql, &[&tenant.0, &steps, &days, &DAYS, topics, numbers, &MIN_CREATORS]).await?;
    Ok(rows.iter().filter_map(|row| used(row, names)).collect())
}

/// The use of one of these terms.
fn used(row: &Row, names: &[String]) -> Option<Use> {
    let number: i32 = row.get("term");
    Some(Use {
        niche: row.get("niche"),
        term: names.get(usize::try_from(number).ok()?)?.clone(),
        creators: row.get("creators"),
        posts: [row.get("posts"), row.get("posts_before")],
        of_all: [row.get("all_posts"), row.get("all_posts_before")],
        squares: row.get("squares"),
    })
}

/// What is found of the niches of a tenant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Related niches.
    pub relations: Vec<Relation>,
    /// Rising topics.
    pub topics: Vec<Rise>,
    /// Rising words.
    pub words: Vec<Rise>,
}

/// Puts what is found in the place of what was found before. Looks at a tenant that overlap take turns.
pub(super) async fn write(tx: &Tx, tenant: TenantId, found: &Found) -> Result<(), DbError> {
    let looked = "/* insight::write */
                  insert into insight_rounds (tenant_id, looked_at) values ($1, now())
                  on conflict (tenant_id) do update set looked_at = now()";
    tx.execute(looked, &[&tenant.0]).await?;
    for table in ["niche_relations", "niche_terms"] {
        let sql = format!("/* insight::write */ delete from {table} where tenant_id = $1");
        tx.execute(&sql, &[&tenant.0]).await?;
    }
    write_relations(tx, tenant, &found.relations).await?;
    write_terms(tx, tenant, false, &found.topics).await?;
    write_terms(tx, tenant, true, &found.words).await
}

async fn write_relations(tx: &Tx, tenant: TenantId, found: &[Relation]) -> Result<(), DbError> {
    let texts =
        |of: fn(&Relation) -> &String| -> Vec<&str> { found.iter().map(|one| of(one).as_str()).collect() };
    let people: Vec<i32> = found.iter().map(|one| one.people).collect();
    let [times, low, high] = columns(found);
    let (niches, related) = (texts(|one| &one.niche), texts(|one| &one.related));
    let sql = include_str!("store/write_relations.sql");
    tx.execute(sql, &[&tenant.0, &niches, &related, &people, &times, &low, &high]).await?;
    Ok(())
}

async fn write_terms(tx: &Tx, tenant: TenantId, words: bool, found: &[Rise]) -> Result<(), DbError> {
    let texts =
        |of: fn(&Rise) -> &String| -> Vec<&str> { found.iter().map(|one| of(one).as_str()).collect() };
    let counts = |of: fn(&Rise) -> i64| -> Vec<i64> { found.iter().map(of).collect() };
    let (niches, terms) = (texts(|rise| &rise.niche), texts(|rise| &rise.term));
    let [posts, before] = [counts(|rise| rise.posts[0]), counts(|rise| rise.posts[1])];
    let creators = counts(|rise| rise.creators);
    let [times, low, high] = columns(found);
    let sql = include_str!("store/write_terms.sql");
    tx.execute(sql, &[&tenant.0, &words, &niches, &terms, &posts, &before, &creators, &times, &low, &high])
        .await?;
    Ok(())
}

/// Values, lower and upper ends as columns.
fn columns<T: Finding>(found: &[T]) -> [Vec<f64>; 3] {
    let of = |part: fn(Estimate) -> f64| found.iter().map(|finding| part(finding.times())).collect();
    [of(|times| times.value), of(|times| times.low), of(|times| times.high)]
}

/// When the niches of a tenant were looked at last; `None`: never yet.
pub async fn looked_at(client: &Client, tenant: TenantId) -> Result<Option<Timestamp>, DbError> {
    let sql = "/* insight::looked_at */ select looked_at from insight_rounds where tenant_id = $1";
    Ok(client.query_opt(sql, &[&tenant.0]).await?.and_then(|row| row.get(0)))
}

/// What was found of one niche.
pub async fn found_of(client: &Client, tenant: TenantId, niche: &str) -> Result<Found, DbError> {
    let relations = "/* insight::found_of */
                     select niche_id, related_id, people, times_chance as times, low, high
                     from niche_relations where tenant_id = $1 and niche_id = $2 order by place";
    let relations = client.query(relations, &[&tenant.0, &niche]).await?;
    let terms = "/* insight::found_of */
                 select niche_id, is_word, term, posts::int8, posts_before::int8, creators::int8, times_before as times, low, high
                 from niche_terms where tenant_id = $1 and niche_id = $2 order by place";
    let terms = client.query(terms, &[&tenant.0, &niche]).await?;
    let (words, topics): (Vec<&Row>, Vec<&Row>) = terms.iter().partition(|row| row.get("is_word"));
    Ok(Found {
        relations: relations.iter().map(relation).collect(),
        topics: topics.into_iter().map(rise).collect(),
        words: words.into_iter().map(rise).collect(),
    })
}

fn relation(row: &Row) -> Relation {
    Relation {
        niche: row.get("niche_id"),
        related: row.get("related_id"),
        people: row.get("people"),
        times: times(row),
    }
}

fn rise(row: &Row) -> Rise {
    Rise {
        niche: row.get("niche_id"),
        term: row.get("term"),
        creators: row.get("creators"),
        posts: [row.get("posts"), row.get("posts_before")],
        times: times(row),
    }
}

fn times(row: &Row) -> Estimate {
    Estimate { value: row.get("times"), low: row.get("low"), high: row.get("high") }
}
