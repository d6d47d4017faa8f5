# Voci without a database of its own: give it DATABASE_URL and VOCI_SECRET_KEY (docker-compose.yml shows how).
FROM rust:1.95-slim-bookworm AS build
WORKDIR /build
COPY Cargo.toml Cargo.lock ./
COPY src src
COPY benches benches
RUN --mount=type=cache,target=/usr/local/cargo/registry --mount=type=cache,target=/build/target \
    cargo build --release --locked --bin voci && cp target/release/voci /usr/local/bin/voci

FROM debian:bookworm-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates curl \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --system --uid 10001 --no-create-home voci
COPY --from=build /usr/local/bin/voci /usr/local/bin/voci
USER voci
ENV VOCI_LISTEN=0.0.0.0:8080 VOCI_LOG_FORMAT=json
EXPOSE 8080
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s CMD ["curl", "-fsS", "http://127.0.0.1:8080/readyz"]
ENTRYPOINT ["voci"]
CMD ["serve"]
