-- When nobody looked: the gaps that polls have ended, and the open ones, which
-- the cursors tell.

-- +goose Up
CREATE VIEW report.gaps AS
SELECT j.name AS job, s.name AS source, s.provider, g.gap_from, g.gap_to, g.reason
FROM gaps g
JOIN jobs j ON j.job_id = g.job_id
JOIN sources s ON s.source_id = j.source_id
UNION ALL
SELECT j.name, s.name, s.provider,
    CASE WHEN c.unseen_reason IS NULL AND NOT o.overdue THEN c.accounted_at ELSE c.polled_at END,
    NULL,
    CASE WHEN c.unseen_reason IS NOT NULL THEN c.unseen_reason
        WHEN NOT o.overdue THEN c.outcome
        WHEN EXISTS (SELECT FROM replicas r WHERE r.seen_at > now() - interval '20 s') THEN 'rate_budget'
        ELSE 'not_running' END
FROM cursors c
JOIN jobs j ON j.job_id = c.job_id
JOIN sources s ON s.source_id = j.source_id
CROSS JOIN LATERAL (
    SELECT coalesce(now() > c.next_poll_at AND now() - c.polled_at > 2 * (c.next_poll_at - c.polled_at), false) AS overdue
) o
WHERE c.polled_at IS NOT NULL AND j.tracking IN ('active', 'paused') AND CASE
    WHEN c.unseen_reason IS NOT NULL THEN now() - c.polled_at > 2 * c.planned_every
    WHEN j.tracking = 'paused' THEN false
    WHEN o.overdue THEN true
    ELSE c.failures > 0 AND now() - c.accounted_at > 2 * c.planned_every
END;

COMMENT ON VIEW report.gaps IS 'One row per stretch, longer than twice the planned interval, in which nobody looked at a job, or looking failed: what the history cannot know.';
COMMENT ON COLUMN report.gaps.job IS 'Name of the job.';
COMMENT ON COLUMN report.gaps.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.gaps.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.gaps.gap_from IS 'When the last poll before the gap was sent that counts as a look (our time).';
COMMENT ON COLUMN report.gaps.gap_to IS 'When the poll that ended the gap was sent (our time); null: it is still open.';
COMMENT ON COLUMN report.gaps.reason IS 'Why: not_running (no tracker ran), paused, rate_budget (more was due than the source may be asked), credential, or the outcome of the polls that failed.';
GRANT SELECT ON report.gaps TO tracker_writer, tracker_reader;

-- +goose Down
DROP VIEW report.gaps;
