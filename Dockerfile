# syntax=docker/dockerfile:1
FROM golang:1.26-alpine AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN --mount=type=cache,target=/go/pkg/mod go mod download
COPY . .
ARG VERSION=dev
RUN --mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build \
    CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=${VERSION}" -o /tracker ./cmd/tracker

# Nothing but the binary, which holds the time zones itself, and the
# certificates that it checks upstreams by. There is no Postgres in the image:
# DATABASE_URL or DATABASE_URL_FILE must be set.
FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="tracker" \
      org.opencontainers.image.description="Keeps the history of data imports that others run for you" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /tracker /tracker
USER 65532:65532
ENTRYPOINT ["/tracker"]
CMD ["serve"]
