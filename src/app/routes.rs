//! Every endpoint of every feature, and the document that lists them.

use crate::openapi;
use actix_web::App;
use utoipa::openapi::OpenApi as Document;
use utoipa_actix_web::AppExt;

/// The `OpenAPI` document of the service.
#[must_use]
pub fn document() -> Document {
    let (_, paths) = App::new().into_utoipa_app().configure(routes_of_features).split_for_parts();
    let mut document = openapi::base();
    document.merge(paths);
    openapi::complete(&mut document);
    document
}

/// Every endpoint of every feature.
pub(super) fn routes_of_features(config: &mut utoipa_actix_web::service_config::ServiceConfig<'_>) {
    use crate::{
        annotations, creators, edge_weights, events, http::health, metrics, niches, posts, quality,
        recommendations, scores, trust,
    };
    config
        // The router tries one after the other: what is asked most comes first.
        .service(events::http::ingest_event)
        .service(events::http::ingest_event_batch)
        .service(events::http::ingest_event_stream)
        .service(recommendations::http::recommend_for_niche)
        .service(recommendations::http::recommend_creators)
        .service(recommendations::reading::read_brief)
        .service(recommendations::why_not::http::explain_absence)
        .service(recommendations::similar::http::list_similar_creators)
        .service(creators::http::list_creators)
        .service(creators::http::put_creators_bulk)
        .service(creators::http::put_creator)
        .service(creators::http::get_creator)
        .service(creators::http::patch_creator)
        .service(creators::http::delete_creator)
        .service(posts::http::list_posts)
        .service(posts::http::put_post)
        .service(posts::http::get_post)
        .service(posts::http::delete_post)
        .service(posts::http::list_post_metrics)
        .service(posts::http::put_posts_bulk)
        .service(scores::http::get_creator_scores)
        .service(scores::history::http::get_score_history)
        .service(scores::published::get_model)
        .service(edge_weights::http::get_edge_weights)
        .service(edge_weights::http::put_edge_weights)
        .service(edge_weights::http::delete_edge_weights)
        .service(annotations::http::annotate_creator)
        .service(annotations::http::list_annotations)
        .service(annotations::http::decide_annotation)
        .service(trust::http::get_trust)
        .service(trust::http::put_trust_seed)
        .service(trust::http::delete_trust_seed)
        .service(events::status::http::get_event)
        .service(niches::http::list_niches)
        .service(niches::http::get_niche)
        .service(niches::http::put_niche)
        .service(quality::http::get_quality)
        .service(health::get_liveness)
        .service(health::get_readiness)
        .service(metrics::http::get_metrics);
}
