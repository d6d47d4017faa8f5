//! Commands of an operator, with and without a service that runs.

use crate::support::{KEY, Place, Service, profile};

/// The id of a key: its third part.
fn id_of(key: &str) -> &str {
    key.trim().split('_').nth(2).unwrap()
}

fn secret_of(key: &str) -> &str {
    key.trim().split('_').nth(3).unwrap()
}

fn run(place: &Place, arguments: &[&str]) -> String {
    tokio::task::block_in_place(|| place.run(arguments, &[])).output()
}

fn complaint(place: &Place, arguments: &[&str]) -> String {
    tokio::task::block_in_place(|| place.run(arguments, &[])).complaint()
}

async fn status(service: &Service, key: &str) -> u16 {
    service.api.with_key(key.trim()).get("/v1/creators").await.status
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_and_tenants_are_managed_beside_a_running_service() {
    let place = Place::new();
    let service = place.serve(&[]);
    let postgres = place.postgres();
    let key = run(&place, &["keys", "create", "--label", "loader", "--env", "test", "--scopes", "read"]);
    assert!(key.starts_with("voci_test_"), "{key}");
    assert_eq!(status(&service, &key).await, 200);
    let reader = service.api.with_key(key.trim());
    let refused = reader.send("PUT", "/v1/creators/ana", Some(&profile("ana"))).await.unwrap();
    assert_eq!((refused.status, &refused.body["code"]), (403, &"missing_scope".into()));

    let listed = run(&place, &["keys", "list"]);
    assert_eq!(listed.lines().count(), 2, "{listed}");
    let line = listed.lines().find(|line| line.starts_with(id_of(&key))).unwrap();
    assert!(line.contains("live") && line.contains("read") && line.ends_with("loader"), "{line}");
    assert!(!listed.contains(secret_of(&key)) && !listed.contains(secret_of(KEY)), "{listed}");

    assert!(run(&place, &["tenants", "create", "acme", "--retention", "unlimited"]).contains("acme"));
    let tenants = run(&place, &["tenants", "list"]);
    let lines: Vec<&str> = tenants.lines().collect();
    assert_eq!(lines, ["1  default  400 days", "2  acme  unlimited"]);
    let told = run(&place, &["tenants", "update", "acme", "--retention", "30"]);
    assert_eq!(told, "tenant acme: retention 30 days; running services learn of it within 30 seconds\n");
    assert_eq!(run(&place, &["tenants", "list"]).lines().last(), Some("2  acme  30 days"));
    let theirs = run(&place, &["keys", "create", "--tenant", "acme"]);
    service.api.put_creator("ana").await;
    let creators = service.api.with_key(theirs.trim()).get("/v1/creators").await.body;
    assert_eq!(creators["items"].as_array().unwrap().len(), 0, "another tenant sees nothing");
    assert!(!run(&place, &["keys", "list", "--tenant", "acme"]).contains(id_of(&key)));
    assert!(run(&place, &["rebuild"]).starts_with("1 creators, 0 relationships compared, 0 differences"));
    assert_eq!(place.postgres(), postgres, "the commands leave the service its PostgreSQL");

    run(&place, &["keys", "revoke", id_of(&key)]);
    assert!(run(&place, &["keys", "list"]).contains("revoked"));
    // A service that does not know the key yet refuses it at once.
    let second = place.serve(&[]);
    assert_eq!(status(&second, &key).await, 401);
    assert_eq!(status(&second, &theirs).await, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_without_a_service_start_and_stop_postgresql() {
    let place = Place::new();
    run(&place, &["migrate"]);
    assert!(place.is_silent());
    let made = run(&place, &["tenants", "create", "acme"]);
    assert!(place.is_silent());
    assert!(made.contains("voci keys create --tenant acme"), "{made}");
    let key = run(&place, &["keys", "create", "--tenant", "acme", "--scopes", "read,events:write"]);
    assert!(place.is_silent());
    assert_eq!(
        run(&place, &["rebuild", "--verify"]),
        "0 creators, 0 relationships compared, 0 differences found; 0 statistics compared, 0 differences found\n"
    );
    assert!(place.is_silent());
    let service = place.serve(&[]);
    assert_eq!(status(&service, &key).await, 200);
    assert_eq!(status(&service, &format!("{}x", key.trim())).await, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wrong_commands_are_explained_and_leave_nothing_running() {
    let place = Place::new();
    run(&place, &["tenants", "create", "acme"]);
    let cases: [(&[&str], &str); 11] = [
        (&["tenants", "create", "acme"], "there is a tenant of this name already"),
        (&["keys", "create", "--tenant", "nobody"], "there is no tenant of this name"),
        (&["keys", "list", "--tenant", "nobody"], "there is no tenant of this name"),
        (&["keys", "revoke", "nothing"], "there is no live key of this id"),
        (&["keys", "create", "--scopes", "read,everything"], "unknown scope; the scopes are creators:write"),
        (&["keys", "create", "--env", "a_b"], "must be 1 to 16 letters and digits"),
        (&["tenants", "create", "x", "--retention", "0"], "must be 1 to 36500 days, or unlimited"),
        (&["tenants", "create", ""], "must be"),
        (&["tenants", "update", "nobody", "--retention", "30"], "there is no tenant of this name"),
        (&["tenants", "update", "acme", "--retention", "never"], "must be 1 to 36500 days, or unlimited"),
        (&["tenants", "update", "acme"], "--retention"),
    ];
    for (arguments, explained) in cases {
        let complaint = complaint(&place, arguments);
        assert!(complaint.contains(explained), "{arguments:?}: {complaint}");
        assert!(place.is_silent(), "{arguments:?}");
    }
}
