//! Requests that no route takes: 405 with `Allow` when the path exists, else 404. The `OpenAPI` document is the
//! list of routes, so the two cannot disagree.

use super::problem::{Kind, Problem};
use actix_web::{HttpRequest, HttpResponse, web::Data};
use utoipa::openapi::{OpenApi, PathItem};

/// Paths and their methods.
pub struct RouteTable {
    routes: Vec<(String, Vec<&'static str>)>,
}

impl RouteTable {
    /// The routes of a document.
    #[must_use]
    pub fn of(document: &OpenApi) -> Self {
        let routes = document.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item)));
        Self { routes: routes.collect() }
    }

    fn allowed(&self, path: &str) -> Option<String> {
        let (_, methods) = self.routes.iter().find(|(template, _)| fits(template, path))?;
        Some(methods.join(", "))
    }
}

fn methods(item: &PathItem) -> Vec<&'static str> {
    let offered = [
        ("GET", item.get.is_some()),
        ("HEAD", item.get.is_some()),
        ("PUT", item.put.is_some()),
        ("POST", item.post.is_some()),
        ("PATCH", item.patch.is_some()),
        ("DELETE", item.delete.is_some()),
    ];
    offered.into_iter().filter(|(_, there)| *there).map(|(name, _)| name).collect()
}

fn fits(template: &str, path: &str) -> bool {
    let (mut parts, mut given) = (template.split('/'), path.split('/'));
    loop {
        match (parts.next(), given.next()) {
            (None, None) => return true,
            (Some(part), Some(text)) if part == text || (part.starts_with('{') && !text.is_empty()) => {}
            _ => return false,
        }
    }
}

/// Answers what no route takes.
pub async fn no_route(request: HttpRequest, routes: Data<RouteTable>) -> Result<HttpResponse, Problem> {
    Err(match routes.allowed(request.path()) {
        Some(allow) => Problem::method_not_allowed(allow),
        None => Problem::new(Kind::NotFound, "There is nothing at this path; /docs lists what there is"),
    })
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn templates_fit_paths_of_the_same_form() {
        assert!(fits("/v1/creators/{creator_id}", "/v1/creators/ana"));
        assert!(fits("/v1/creators/{creator_id}/scores", "/v1/creators/ana/scores"));
        assert!(!fits("/v1/creators/{creator_id}", "/v1/creators/"));
        assert!(!fits("/v1/creators/{creator_id}", "/v1/creators/ana/scores"));
    }
}
