-- name: ReplicaHeartbeat :exec
INSERT INTO replicas (owner, started_at, seen_at) VALUES (@owner, @started_at, @seen_at)
ON CONFLICT (owner, started_at) DO UPDATE SET seen_at = greatest(replicas.seen_at, excluded.seen_at);

-- name: ReplicaEnd :exec
UPDATE replicas SET seen_at = @ended_at::timestamptz, ended_at = @ended_at::timestamptz WHERE owner = @owner AND started_at = @started_at;

-- name: ReplicaSpans :many
-- When trackers ran within a stretch of time.
SELECT started_at, report.runs_until(seen_at, ended_at)::timestamptz AS until FROM replicas
WHERE started_at < @to_time::timestamptz AND report.runs_until(seen_at, ended_at) > @from_time::timestamptz
ORDER BY started_at;

-- name: ReplicaForget :exec
DELETE FROM replicas WHERE seen_at < @before;
