-- name: ReplicaBeat :exec
INSERT INTO replicas (owner, started_at, seen_at) VALUES (@owner, @started_at, @seen_at)
ON CONFLICT (owner, started_at) DO UPDATE SET seen_at = greatest(replicas.seen_at, excluded.seen_at);

-- name: ReplicaForget :exec
DELETE FROM replicas WHERE seen_at < @before;

-- name: ReplicaWatched :many
-- Of each stretch: did any tracker run in its middle?
SELECT r.place::integer AS place, EXISTS (
    SELECT FROM replicas x WHERE x.started_at <= r.at AND x.seen_at + sqlc.arg(beat)::interval >= r.at
) AS watched
FROM (SELECT unnest(@places::integer[]) AS place, unnest(@ats::timestamptz[]) AS at) r;
