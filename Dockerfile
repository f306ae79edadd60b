# syntax=docker/dockerfile:1
FROM golang:1.26 AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o /polyreme ./cmd/polyreme && mkdir /data

FROM scratch
COPY --from=build /polyreme /polyreme
COPY --from=build --chown=65532:65532 /data /data
USER 65532:65532
VOLUME /data
EXPOSE 5432 7432 8432
ENTRYPOINT ["/polyreme"]
CMD ["start", "--data", "/data", "--insecure", "--sql-addr", "0.0.0.0:5432", "--peer-addr", "0.0.0.0:7432", "--http-addr", "0.0.0.0:8432"]
