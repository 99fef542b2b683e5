-- name: LedgerLock :one
-- The log's name where no key gives it one; no row: somebody else is sealing.
SELECT origin FROM ledger FOR UPDATE SKIP LOCKED;

-- name: LedgerTileUpsert :exec
INSERT INTO ledger_tiles AS t (level, tile_no, hashes)
SELECT r.level, r.tile_no, r.hashes
FROM (SELECT unnest(@levels::integer[]) AS level, unnest(@tile_nos::bigint[]) AS tile_no, unnest(@hashes::bytea[]) AS hashes) r
ON CONFLICT (level, tile_no) DO UPDATE SET hashes = excluded.hashes;

-- name: CheckpointInsert :exec
INSERT INTO checkpoints (size, sealed_at, root, origin, verifier, note)
VALUES (@size, @sealed_at, @root, @origin, sqlc.narg('verifier'), @note);

-- name: ReportTile :one
SELECT hashes FROM report.ledger_tiles WHERE level = @level AND tile_no = @tile_no;

-- name: ReportCheckpointLast :one
SELECT * FROM report.checkpoints ORDER BY size DESC LIMIT 1;

-- name: ReportCheckpoints :many
-- Those of logs that are longer, the shortest first.
SELECT * FROM report.checkpoints WHERE size > @beyond ORDER BY size LIMIT @most;

-- name: ReportJournal :many
SELECT * FROM report.journal WHERE entry_no > @beyond ORDER BY entry_no LIMIT @most;

-- name: ReportJournalLast :one
SELECT coalesce((SELECT entry_no FROM report.journal ORDER BY entry_no DESC LIMIT 1), 0)::bigint;

-- name: ReportSnapshotLeaves :many
-- But for what the jobs' rows say, which ReportLeafJobs reads once.
SELECT entry_no, snapshot_no, polled_at, observed_at, not_before, previous_polls, run_no, status, state, interpretation, sha256, body_gone, job_id
FROM report.snapshot_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportLeafJobs :many
SELECT job_id, job, source, target FROM report.declared_jobs WHERE job_id = ANY(@job_ids::bigint[]);

-- name: ReportGapLeaves :many
SELECT * FROM report.gap_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportChangeLeaves :many
SELECT * FROM report.change_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportActLeaves :many
SELECT * FROM report.act_leaves WHERE entry_no BETWEEN @from_entry AND @to_entry ORDER BY entry_no;

-- name: ReportJobNames :many
-- The jobs beyond one, by number.
SELECT job_id, job FROM report.declared_jobs WHERE job_id > @beyond ORDER BY job_id LIMIT @most;

-- name: ReportTiles :many
-- Tiles of a level, from one to another.
SELECT tile_no, hashes FROM report.ledger_tiles WHERE level = @level AND tile_no BETWEEN @from_tile AND @to_tile ORDER BY tile_no;

-- name: ReportDayEntries :many
-- The last entry of each day of polls.
SELECT no AS day, max(entry_no)::bigint AS entry_no FROM report.journal WHERE kind = 'polls' GROUP BY no;

-- name: ReportPollsTakenUntil :one
-- Before when retention has taken the polls, by an act that the journal has, or that is of
-- just now: whoever appends has not had the time; the year 1: it has taken none.
SELECT coalesce(max(a.range_to), '0001-01-01 00:00:00+00')::timestamptz
FROM report.acts a
LEFT JOIN report.act_leaves l ON l.act_no = a.act_no
WHERE a.kind = 'retention' AND a.what = 'polls'
    AND (l.entry_no IS NOT NULL OR a.at BETWEEN now() - interval '1 min' AND now() + interval '1 min');

-- name: ReportGoneBodies :many
-- Snapshots of entries whose body is gone, with the act that is said to have erased it.
SELECT l.entry_no, l.snapshot_no, l.run_no, l.observed_at, l.job_id, e.act_no
FROM report.snapshot_leaves l
JOIN report.snapshots s ON s.job_id = l.job_id AND s.snapshot_no = l.snapshot_no
LEFT JOIN report.erased_snapshots e ON e.job_id = l.job_id AND e.snapshot_no = l.snapshot_no
WHERE l.entry_no BETWEEN @from_entry AND @to_entry AND s.size IS NULL
ORDER BY l.entry_no;

-- name: ReportBodyActs :many
-- The acts that took bodies of jobs, and have their entry in the journal or are of just now.
SELECT a.* FROM report.acts a
LEFT JOIN report.act_leaves l ON l.act_no = a.act_no
WHERE a.job_id = ANY(@job_ids::bigint[]) AND a.what = 'bodies'
    AND (l.entry_no IS NOT NULL OR a.at BETWEEN now() - interval '1 min' AND now() + interval '1 min')
ORDER BY a.act_no;

-- name: ReportClockSetBack :one
-- Whether the clock was ever set back, as the gaps of any job tell.
SELECT EXISTS (SELECT 1 FROM report.recorded_gaps WHERE reason = 'clock');

-- name: ReportMiscounted :many
-- Jobs of which the daemon says something else of the newest snapshot, the polls that saw
-- it, or the last poll, than the snapshots and polls give. Of a last poll that retention has
-- taken nobody knows more. The state is its run's where a later interpretation has
-- derived the rows again. Polls that failed may be more than it says, and later: it does
-- not count those that came late. Once the clock was set back, and of a job that nobody
-- polls, of which no gap tells that, its times may be earlier, and what it says of the last
-- poll is of another.
SELECT * FROM (
    SELECT q.job, q.snapshot_no, q.confirmations, q.polls::bigint AS polls, coalesce(q.confirmed_at, 'epoch')::timestamptz AS confirmed_at,
        coalesce(CASE WHEN q.clock_free THEN least(q.confirmed_at, q.seen_at) ELSE q.seen_at END, 'epoch')::timestamptz AS last_at,
        coalesce(q.polled_at, 'epoch')::timestamptz AS polled_at,
        coalesce(CASE WHEN q.same_outcome IS NOT NULL OR q.polls_free OR q.clock_free AND coalesce(q.polled_at, '-infinity') <= q.newest_poll_at THEN q.polled_at ELSE q.newest_poll_at END,
            'epoch')::timestamptz AS newest_at,
        coalesce(q.outcome, '')::text AS outcome, (q.polls_free OR q.clock_free OR coalesce(q.same_outcome, q.outcome IS NULL))::boolean AS had_outcome,
        q.failures, (CASE WHEN q.polls_free OR q.clock_free THEN q.failures ELSE least(q.failures, q.failed_polls) END)::bigint AS failed,
        (q.is_newest AND (q.changed_at IS NOT DISTINCT FROM q.observed_at OR q.clock_free AND q.changed_at < q.observed_at))::boolean AS knows_newest
    FROM (
        SELECT p.job, p.snapshot_no, p.confirmations, coalesce(n.polls, 0) + coalesce(t.confirmations, 0) AS polls, p.confirmed_at, greatest(n.last_at, t.confirmed_at) AS seen_at,
            p.polled_at, n.newest_at AS newest_poll_at, p.outcome, n.had_outcome AS same_outcome, p.failures, coalesce(n.failed, 0) AS failed_polls, p.changed_at, h.observed_at,
            p.snapshot_no = coalesce(l.snapshot_no, 0) AND p.state IS NOT DISTINCT FROM CASE WHEN a.interpretation > h.interpretation THEN coalesce(r.state, p.state) ELSE h.state END AS is_newest,
            t.job_id IS NOT NULL AND (n.job_id IS NULL OR p.failures > n.failed) AS polls_free,
            @set_back::boolean OR p.unseen_reason IS NOT DISTINCT FROM 'clock' OR p.tracking <> 'active' OR p.source_paused_at IS NOT NULL AS clock_free
        FROM report.polling p
        LEFT JOIN report.taken_polls t ON t.job_id = p.job_id AND t.snapshot_no = p.snapshot_no
        LEFT JOIN report.snapshots h ON h.job_id = p.job_id AND h.snapshot_no = p.snapshot_no
        LEFT JOIN (SELECT x.job_id, max(x.snapshot_no) AS snapshot_no FROM report.snapshots x GROUP BY x.job_id) l ON l.job_id = p.job_id
        LEFT JOIN (SELECT x.job_id, max(x.interpretation) AS interpretation FROM report.acts x GROUP BY x.job_id) a ON a.job_id = p.job_id
        LEFT JOIN report.runs r ON r.job_id = p.job_id AND r.run_no = h.run_no AND r.last_changed_at = h.observed_at AND NOT r.superseded -- else it may have another number by now
        LEFT JOIN (
            SELECT x.job_id, count(*) FILTER (WHERE x.snapshot_no = c.snapshot_no) AS polls, max(x.polled_at) FILTER (WHERE x.snapshot_no = c.snapshot_no) AS last_at,
                max(x.polled_at) AS newest_at, bool_or(x.outcome = c.outcome) FILTER (WHERE x.polled_at = c.polled_at) AS had_outcome,
                count(*) FILTER (WHERE x.snapshot_no IS NULL) AS failed
            FROM report.polls x
            JOIN report.polling c ON c.job_id = x.job_id AND (c.snapshot_no = x.snapshot_no
                OR x.snapshot_no IS NULL AND x.polled_at > coalesce(c.confirmed_at, '-infinity') AND x.outcome <> 'superseded')
            GROUP BY x.job_id
        ) n ON n.job_id = p.job_id
        WHERE p.job IS NOT NULL -- not a cursor that somebody gave to no job
    ) q
) m
WHERE m.polls <> m.confirmations AND m.snapshot_no > 0 OR m.last_at <> m.confirmed_at AND m.snapshot_no > 0
    OR m.polled_at <> m.newest_at OR NOT m.had_outcome OR m.failures <> m.failed OR NOT m.knows_newest
ORDER BY m.job;

-- name: ReportResultItems :many
SELECT run_no, item_no, item_id, url, labels, output, metadata FROM report.result_items WHERE job_id = @job_id ORDER BY run_no, item_no;

-- name: ReportSnapshotLeavesOfJob :many
SELECT * FROM report.snapshot_leaves WHERE job_id = @job_id AND snapshot_no = ANY(@snapshot_nos::integer[]) ORDER BY snapshot_no;

-- name: ReportGapLeavesOfJob :many
-- The gaps of a job that ended after a time, and not after another.
SELECT * FROM report.gap_leaves WHERE job_id = @job_id AND gap_to > @after AND gap_to <= @until ORDER BY gap_no;
