//! Requests that no route takes: 405 with `Allow` when the path exists, else 404. The `OpenAPI` document is the
//! list of routes, so the two cannot disagree.

use super::problem::{Kind, Problem};
use crate::error::FieldError;
use actix_web::{
    Error, HttpRequest, HttpResponse,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    middleware::Next,
    web::Data,
};
use std::borrow::Cow;
use utoipa::openapi::{
    OpenApi, PathItem, RefOr,
    path::{Operation, ParameterIn},
};

/// Paths, their methods and what each method takes in the query.
pub struct RouteTable {
    routes: Vec<Route>,
}

struct Route {
    template: String,
    methods: Vec<(&'static str, Vec<String>)>,
    /// Number of the operation of the first method; those of the others follow.
    first: usize,
}

impl RouteTable {
    /// The routes of a document.
    #[must_use]
    pub fn of(document: &OpenApi) -> Self {
        let mut next = 0;
        let route = |(path, item): (&String, &PathItem)| {
            let (methods, first) = (methods_of(item), next);
            next += methods.len();
            Route { template: path.clone(), methods, first }
        };
        Self { routes: document.paths.paths.iter().map(route).collect() }
    }

    /// Method and path template of every operation, in the order of their numbers. HEAD is GET.
    pub fn operations(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.routes.iter().flat_map(|route| {
            let method = |name| if name == "HEAD" { "GET" } else { name };
            route.methods.iter().map(move |(name, _)| (method(name), route.template.as_str()))
        })
    }

    /// Number of the operation that takes a request.
    #[must_use]
    pub fn operation(&self, path: &str, method: &str) -> Option<usize> {
        self.fitting(path).find_map(|route| {
            let place = route.methods.iter().position(|(name, _)| *name == method)?;
            Some(route.first + place)
        })
    }

    /// Routes whose templates fit a path: `/v1/creators/bulk` is an operation, and a creator may have the id `bulk`.
    fn fitting(&self, path: &str) -> impl Iterator<Item = &Route> {
        self.routes.iter().filter(move |route| fits(&route.template, path))
    }

    fn methods(&self, path: &str) -> impl Iterator<Item = &(&'static str, Vec<String>)> {
        self.fitting(path).flat_map(|route| &route.methods)
    }

    fn allowed(&self, path: &str) -> Option<String> {
        let methods: Vec<&str> = self.methods(path).map(|(name, _)| *name).collect();
        (!methods.is_empty()).then(|| methods.join(", "))
    }

    /// The first query parameter that this operation does not have.
    fn unknown_parameter<'q>(&self, path: &str, method: &str, query: &'q str) -> Option<Cow<'q, str>> {
        if query.is_empty() {
            return None;
        }
        let (_, known) = self.methods(path).find(|(name, _)| *name == method)?;
        let mut names = form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name);
        names.find(|name| !known.iter().any(|known| known == name))
    }
}

fn methods_of(item: &PathItem) -> Vec<(&'static str, Vec<String>)> {
    let offered = [
        ("GET", &item.get),
        ("HEAD", &item.get),
        ("PUT", &item.put),
        ("POST", &item.post),
        ("PATCH", &item.patch),
        ("DELETE", &item.delete),
    ];
    offered
        .into_iter()
        .filter_map(|(name, operation)| Some((name, query_parameters(operation.as_ref()?))))
        .collect()
}

fn query_parameters(operation: &Operation) -> Vec<String> {
    let parameters = operation.parameters.iter().flatten().filter_map(|parameter| match parameter {
        RefOr::T(parameter) => Some(parameter),
        // Parameters are written where they are used.
        RefOr::Ref(_) => None,
    });
    let in_query = parameters.filter(|parameter| parameter.parameter_in == ParameterIn::Query);
    in_query.map(|parameter| parameter.name.clone()).collect()
}

/// The middleware that refuses query parameters which an operation does not have: ignored, a misspelt one would change
/// what a request does without a word.
pub async fn refuse_unknown_parameters(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let table = request.app_data::<Data<RouteTable>>().expect("the application registers its routes");
    let unknown = table.unknown_parameter(request.path(), request.method().as_str(), request.query_string());
    if let Some(name) = unknown {
        let shown: String = name.chars().filter(|c| !c.is_control()).take(64).collect();
        let error =
            FieldError::new(format!("?{shown}"), "unknown_parameter", "there is no such parameter here");
        let problem = Problem::new(Kind::InvalidQuery, "A query parameter is wrong; see errors");
        return Err(problem.with_errors(vec![error]).into());
    }
    next.call(request).await
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
