//! The `OpenAPI` document, generated from the handlers and completed by what all operations share.

use crate::http::problem::ProblemDocument;
use utoipa::{
    Modify, OpenApi, ToSchema,
    openapi::{
        Components, ContentBuilder, HttpMethod, OpenApi as Document, PathItem, Ref, RefOr, Response,
        ResponseBuilder, Schema, Type,
        path::Operation,
        schema::SchemaType,
        security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Voci",
        description = "Voci finds the small voices that communities trust. Register creators, send what people do with \
            their posts, and ask which creators a brand should work with in a niche. Ranking follows the quality of the \
            relationship, never the number of followers, and every number comes with its interval, its evidence and \
            its parts.\n\nEvery failure is an `application/problem+json` document (RFC 9457) with a stable `code` and, \
            for bad input, pointers to what is wrong. A 2xx answer to a write means that it is committed and flushed.",
        license(name = "Apache-2.0", identifier = "Apache-2.0")
    ),
    servers(
        (url = "http://127.0.0.1:8080", description = "A local service"),
        (url = "/", description = "The service that serves this document")
    ),
    tags(
        (name = "creators", description = "Register, change and erase creators"),
        (name = "posts", description = "Send creators' posts, and what platforms count of them"),
        (name = "events", description = "Send what people do with creators' posts"),
        (name = "niches", description = "Communities of interest, in English and Romanian"),
        (name = "recommendations", description = "Ask which creators to work with"),
        (name = "scores", description = "Receipts, and the model behind them"),
        (name = "trust", description = "Where trust starts, and how far it reached"),
        (name = "quality", description = "What became of the data you sent"),
        (name = "operations", description = "Is the service alive and ready")
    ),
    components(schemas(ProblemDocument, crate::error::FieldError)),
    modifiers(&Security)
)]
struct Base;

struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("voci_<env>_<key id>_<secret>")
            .description(Some("An API key, made with `voci keys create`."));
        let components = document.components.get_or_insert_with(Components::new);
        components.add_security_scheme("api_key", SecurityScheme::Http(scheme.build()));
    }
}

/// The document before the handlers add their paths.
#[must_use]
pub fn base() -> Document {
    Base::openapi()
}

/// Adds to every operation what all share: the key it needs and the problems it may be answered with.
pub fn complete(document: &mut Document) {
    for (path, item) in &mut document.paths.paths {
        let public = !path.starts_with("/v1/");
        for (method, operation) in operations(item) {
            never_null(operation);
            let takes_body = operation.request_body.is_some();
            // A stream has no size to be over and is answered line by line.
            let takes_stream = is_stream(operation);
            let has_parameters =
                operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
            add(operation, "500", "Something went wrong in the service");
            add(
                operation,
                "503",
                "The database or the service cannot take work now; try again after `Retry-After`",
            );
            if public {
                add(operation, "400", "The request cannot be read");
                operation.security = Some(Vec::new());
                continue;
            }
            operation.security = Some(vec![SecurityRequirement::new("api_key", Vec::<String>::new())]);
            add(operation, "401", "No valid API key");
            add(operation, "403", "The API key lacks a scope");
            if takes_body {
                add(operation, "400", "The request or its JSON cannot be read");
                add(operation, "415", "The content type or encoding is not supported");
                if !takes_stream {
                    add(operation, "413", "The body is too large");
                    add(operation, "422", "The input breaks a rule; `errors` names each place");
                }
            } else if has_parameters && method == HttpMethod::Get {
                add(operation, "400", "A parameter is wrong");
            }
            if path.contains('{') {
                add(operation, "404", "Nothing is registered under this id");
            }
        }
    }
}

fn is_stream(operation: &Operation) -> bool {
    // Bodies are written where they are used.
    let Some(RefOr::T(body)) = &operation.request_body else { return false };
    body.content.contains_key("application/x-ndjson")
}

/// Optional parameters are absent, never null.
fn never_null(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        if let Some(RefOr::T(Schema::Object(schema))) = &mut parameter.schema
            && let SchemaType::Array(types) = &schema.schema_type
            && let Some(only) = types.iter().find(|kind| **kind != Type::Null)
        {
            schema.schema_type = SchemaType::Type(only.clone());
        }
    }
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (HttpMethod, &mut Operation)> {
    let all = [
        (HttpMethod::Get, item.get.as_mut()),
        (HttpMethod::Put, item.put.as_mut()),
        (HttpMethod::Post, item.post.as_mut()),
        (HttpMethod::Patch, item.patch.as_mut()),
        (HttpMethod::Delete, item.delete.as_mut()),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation?)))
}

fn add(operation: &mut Operation, status: &str, description: &str) {
    let responses = &mut operation.responses.responses;
    responses.entry(status.to_owned()).or_insert_with(|| RefOr::T(problem_response(description)));
}

fn problem_response(description: &str) -> Response {
    let schema = Ref::from_schema_name(ProblemDocument::name());
    let content = ContentBuilder::new().schema(Some(schema)).build();
    ResponseBuilder::new().description(description).content("application/problem+json", content).build()
}

/// The document as committed in `openapi/openapi.json`: pretty, with a final newline, the same bytes every time.
#[must_use]
pub fn to_text(document: &Document) -> String {
    let mut text = document.to_pretty_json().expect("the document is plain JSON");
    text.push('\n');
    text
}
