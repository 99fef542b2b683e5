-- What every view, column and function of schema report means, where psql's \d+
-- and every other client finds it. docs/sql.md is made from these texts. Times
-- have an owner: the upstream reported them, or we observed them.

-- +goose Up
COMMENT ON SCHEMA report IS 'The reporting interface: read-only views and functions over all that was observed, whose names and columns stay as they are; columns may be added at the end.';

COMMENT ON VIEW report.jobs IS 'One row per registered job, removed ones too: what is tracked, how its latest run is doing and how its polling goes.';
COMMENT ON COLUMN report.jobs.job IS 'Name of the job, unique among all jobs.';
COMMENT ON COLUMN report.jobs.source IS 'Name of the source (the account at an upstream API) that the job is polled at.';
COMMENT ON COLUMN report.jobs.provider IS 'Name of the API that the source speaks, such as woosmap or safetykit.';
COMMENT ON COLUMN report.jobs.target IS 'What is polled at the source, a JSON object of the fields that its provider asks for, such as dataset_id; it never changes.';
COMMENT ON COLUMN report.jobs.labels IS 'The user''s labels, a JSON object of strings, empty where there are none.';
COMMENT ON COLUMN report.jobs.tracking IS 'Whether the job is polled: active, paused, finished (its import has ended for good) or removed; its history stays in each case.';
COMMENT ON COLUMN report.jobs.schedule IS 'The cron expression that holds for the job: its own, else its source''s; in UTC unless it names a zone by CRON_TZ.';
COMMENT ON COLUMN report.jobs.state IS 'State of the latest run in our words: queued, running, succeeded, partial, failed, canceled or unknown; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.status IS 'Status of the latest run in the upstream''s own word; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.run_no IS 'Number of the latest run within the job, from 1; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.run_id IS 'The upstream''s id of the latest run; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.state_since IS 'Effective time of the transition into state and status: the upstream''s time where it gave one, but never later than when we observed it; null: no run was ever seen.';
COMMENT ON COLUMN report.jobs.last_polled_at IS 'When the request of the last poll was sent, whatever came of it (our time); null: never polled.';
COMMENT ON COLUMN report.jobs.last_outcome IS 'Outcome of the last poll, one of those of report.polls; null: never polled.';
COMMENT ON COLUMN report.jobs.next_poll_at IS 'When the job is next due: the later of its own time and its source''s hold, and in the past where it is overdue; null: it is not polled by schedule, since it is not active or its source is paused.';
COMMENT ON COLUMN report.jobs.failures IS 'Count of failed polls in a row up to the last one; 0 after an answer.';
COMMENT ON COLUMN report.jobs.paused_reason IS 'Why the job itself is paused; null: it is not, or no reason was given.';
COMMENT ON COLUMN report.jobs.stall_after IS 'How long a state may last before the job counts as stalled, as set by the user; null: not set.';
COMMENT ON COLUMN report.jobs.registered_at IS 'When the job was first registered (our time).';

COMMENT ON VIEW report.runs IS 'One row per run (an import as the upstream counts them), as the newest snapshot that told of it left it.';
COMMENT ON COLUMN report.runs.job IS 'Name of the job.';
COMMENT ON COLUMN report.runs.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.runs.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.runs.labels IS 'The job''s labels as they are now, a JSON object of strings.';
COMMENT ON COLUMN report.runs.run_no IS 'Number of the run within its job, from 1, in order of discovery.';
COMMENT ON COLUMN report.runs.run_id IS 'The upstream''s id of the run, unique within the job.';
COMMENT ON COLUMN report.runs.state IS 'State in our words: queued, running, succeeded, partial, failed, canceled or unknown; of these succeeded, partial, failed and canceled are terminal.';
COMMENT ON COLUMN report.runs.status IS 'Status in the upstream''s own word.';
COMMENT ON COLUMN report.runs.started_at IS 'Start of the run: its first step''s start as the upstream reported it, else first_seen_at, when we first saw the run.';
COMMENT ON COLUMN report.runs.ended_at IS 'End of the run: its last step''s end as the upstream reported it, else when we observed the terminal state; null: the state is not terminal.';
COMMENT ON COLUMN report.runs.reported IS 'True if every time shown in started_at and ended_at is the upstream''s, false if one of them is ours.';
COMMENT ON COLUMN report.runs.duration IS 'How long the run took: exactly, by the upstream''s clock, where it reported both times (negative where its end is before its start), else the lower bound by what was observed, never below zero; null: not ended.';
COMMENT ON COLUMN report.runs.duration_max IS 'The upper bound of how long the run took, equal to duration where the upstream reported both times; null: not ended, or nothing bounds its start from below.';
COMMENT ON COLUMN report.runs.first_seen_at IS 'When we had read the first answer that told of the run (our time).';
COMMENT ON COLUMN report.runs.last_changed_at IS 'When we had read the newest snapshot that changed or closed the run (our time).';
COMMENT ON COLUMN report.runs.steps IS 'Count of the steps ever seen in the run, vanished ones included.';
COMMENT ON COLUMN report.runs.warnings IS 'Count of the run''s log entries of level warning that are not withdrawn.';
COMMENT ON COLUMN report.runs.errors IS 'Count of the run''s log entries of level error that are not withdrawn.';
COMMENT ON COLUMN report.runs.error_summary IS 'The upstream''s summary of what went wrong, which changes no state and may stand beside succeeded; null: the newest answer has none.';
COMMENT ON COLUMN report.runs.result_count IS 'Count of the run''s results by the newest answer: its data_count, else the items in its data; null: it tells of none.';
COMMENT ON COLUMN report.runs.result_expires_at IS 'When the upstream''s link to the results ends (the upstream''s time, as the newest snapshot about the run has it); null: there is no such link, or the time is unreadable.';

COMMENT ON VIEW report.steps IS 'One row per step of a run: reported by the upstream, or, where it reports none, the non-terminal statuses that were seen.';
COMMENT ON COLUMN report.steps.job IS 'Name of the job.';
COMMENT ON COLUMN report.steps.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.steps.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.steps.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.steps.step_no IS 'Number of the step within its run, from 1, in order of discovery.';
COMMENT ON COLUMN report.steps.step IS 'Name of the step in the newest answer that lists it: the upstream''s, or the status that it stands for.';
COMMENT ON COLUMN report.steps.state IS 'State in our words: queued, running, succeeded, partial, failed, canceled or unknown.';
COMMENT ON COLUMN report.steps.status IS 'Status in the upstream''s own word; for an observed step that has ended, succeeded or failed.';
COMMENT ON COLUMN report.steps.started_at IS 'Start of the step as the upstream reported it, else first_seen_at, when we first saw the step.';
COMMENT ON COLUMN report.steps.ended_at IS 'End of the step as the upstream reported it, else when we observed the terminal state; null: not ended.';
COMMENT ON COLUMN report.steps.reported IS 'True if every time shown in started_at and ended_at is the upstream''s; false if one of them is ours, or the upstream gave an end that is unreadable.';
COMMENT ON COLUMN report.steps.duration IS 'How long the step took: exactly, by the upstream''s clock, where it reported both times (negative where its end is before its start), else the lower bound by what was observed, never below zero; null: not ended.';
COMMENT ON COLUMN report.steps.duration_max IS 'The upper bound of how long the step took, equal to duration where the upstream reported both times; null: not ended, or nothing bounds its start from below.';
COMMENT ON COLUMN report.steps.started_raw IS 'The start as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.steps.ended_raw IS 'The end as the upstream wrote it; null: it gave none.';
COMMENT ON COLUMN report.steps.zone_assumed IS 'True if the upstream wrote the start or the end without a time zone and it was read as UTC.';
COMMENT ON COLUMN report.steps.first_seen_at IS 'When we had read the first answer that told of the step (our time).';
COMMENT ON COLUMN report.steps.vanished_at IS 'When we had read the answer that listed the step no longer (our time); null: the newest answer about its run lists it, or the step is an observed one.';

COMMENT ON VIEW report.log_entries IS 'One row per line that the upstream logged in a step; a line that it lists twice is two entries, and one that it withdraws stays.';
COMMENT ON COLUMN report.log_entries.job IS 'Name of the job.';
COMMENT ON COLUMN report.log_entries.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.log_entries.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.log_entries.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.log_entries.step_no IS 'Number of the step within its run.';
COMMENT ON COLUMN report.log_entries.step IS 'Name of the step.';
COMMENT ON COLUMN report.log_entries.entry_no IS 'Number of the entry within its step, from 1, in order of discovery.';
COMMENT ON COLUMN report.log_entries.created_at IS 'When the upstream says that it logged the line; null: it wrote a time that is unreadable (see created_raw).';
COMMENT ON COLUMN report.log_entries.level IS 'Level in the upstream''s own word: info, warning, error, or one that nobody knows.';
COMMENT ON COLUMN report.log_entries.detail IS 'Text of the line after redaction.';
COMMENT ON COLUMN report.log_entries.first_seen_at IS 'When we had read the first answer that lists the entry (our time).';
COMMENT ON COLUMN report.log_entries.withdrawn_at IS 'When we had read the answer that listed the entry no longer (our time); null: it is still listed, or it came back.';
COMMENT ON COLUMN report.log_entries.created_raw IS 'The time of the entry as the upstream wrote it.';
COMMENT ON COLUMN report.log_entries.zone_assumed IS 'True if the upstream wrote the time without a time zone and it was read as UTC.';

COMMENT ON VIEW report.transitions IS 'One row per change of the status of a run or a step, the first sighting included; rows are only ever added.';
COMMENT ON COLUMN report.transitions.job IS 'Name of the job.';
COMMENT ON COLUMN report.transitions.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.transitions.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.transitions.transition_no IS 'Number of the transition within its job, from 1, in order of discovery.';
COMMENT ON COLUMN report.transitions.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.transitions.step_no IS 'Number of the step within its run; null: the transition is the run''s own.';
COMMENT ON COLUMN report.transitions.step IS 'Name of the step; null: the transition is the run''s own.';
COMMENT ON COLUMN report.transitions.from_state IS 'State before, in our words; null: this is the first sighting.';
COMMENT ON COLUMN report.transitions.to_state IS 'State after, in our words; unknown, with an unchanged status, where a run was superseded before anybody saw how it ended.';
COMMENT ON COLUMN report.transitions.from_status IS 'Status before, in the upstream''s own word; null: this is the first sighting.';
COMMENT ON COLUMN report.transitions.to_status IS 'Status after, in the upstream''s own word; for an observed step that has ended, succeeded or failed.';
COMMENT ON COLUMN report.transitions.happened_at IS 'When the upstream says it happened: the end for a transition into a terminal state, the start for a first sighting; null: any other transition, or the upstream reports no readable time.';
COMMENT ON COLUMN report.transitions.not_before IS 'When the last answered poll before was sent (our time); the change came later than that; null: it stood in the job''s first snapshot, so nothing bounds it from below.';
COMMENT ON COLUMN report.transitions.observed_at IS 'When we had read the answer that shows the change (our time); it came no later.';
COMMENT ON COLUMN report.transitions.snapshot_no IS 'Number, within the job, of the snapshot that shows the change.';

COMMENT ON VIEW report.polls IS 'One row per attempt to fetch a job''s status, whatever came of it, until retention takes it.';
COMMENT ON COLUMN report.polls.job IS 'Name of the job.';
COMMENT ON COLUMN report.polls.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.polls.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.polls.polled_at IS 'When the request was sent (our time), unique within the job.';
COMMENT ON COLUMN report.polls.outcome IS 'What came of it: changed, unchanged, unauthorized, quota_exhausted, forbidden, not_found, rate_limited, rejected, upstream_error, timeout, unreachable or malformed; none but the first two says anything of the run.';
COMMENT ON COLUMN report.polls.http_status IS 'HTTP status code of the answer; null: there was no answer.';
COMMENT ON COLUMN report.polls.latency IS 'How long the poll took, from sending its request until the answer had been read or the attempt was given up.';
COMMENT ON COLUMN report.polls.snapshot_no IS 'Number, within the job, of the snapshot that the answer made (changed) or confirmed (unchanged); null: the poll failed.';
COMMENT ON COLUMN report.polls.error IS 'What went wrong, without any secret; null: nothing.';

COMMENT ON VIEW report.snapshots IS 'One row per answer that differs from the one before it, with the body as proof; rows are only ever added.';
COMMENT ON COLUMN report.snapshots.job IS 'Name of the job.';
COMMENT ON COLUMN report.snapshots.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.snapshots.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.snapshots.snapshot_no IS 'Number of the snapshot within its job, from 1.';
COMMENT ON COLUMN report.snapshots.run_no IS 'Number, within the job, of the run that the answer tells of.';
COMMENT ON COLUMN report.snapshots.observed_at IS 'When the body had been read (our time); the answer became this one no later.';
COMMENT ON COLUMN report.snapshots.not_before IS 'When the last poll that saw the snapshot before was sent (our time); the answer became this one later than that; null: it is the job''s first, so nothing bounds it from below.';
COMMENT ON COLUMN report.snapshots.confirmed_at IS 'When the last poll that saw this snapshot was sent (our time).';
COMMENT ON COLUMN report.snapshots.polls IS 'Count of the polls that saw this snapshot, the first included.';
COMMENT ON COLUMN report.snapshots.status IS 'Status of the run in the upstream''s own word, as read when the snapshot was recorded.';
COMMENT ON COLUMN report.snapshots.state IS 'State of the run in our words, as read when the snapshot was recorded.';
COMMENT ON COLUMN report.snapshots.sha256 IS 'SHA-256 of body, 32 bytes.';
COMMENT ON COLUMN report.snapshots.size IS 'Size of body in bytes.';
COMMENT ON COLUMN report.snapshots.body IS 'The answer''s body as stored: after redaction, and otherwise byte by byte as it came.';
COMMENT ON COLUMN report.snapshots.body_text IS 'The body as text; null: it is not valid UTF-8 or holds a NUL.';
COMMENT ON COLUMN report.snapshots.interpretation IS 'Version of the provider''s interpretation by which the snapshot was recorded.';
COMMENT ON COLUMN report.snapshots.polled_at IS 'When the request of the first poll that saw it was sent (our time).';

COMMENT ON VIEW report.anomalies IS 'One row per kind, step and snapshot in which the upstream contradicted what it said before or spoke words that nobody knows; rows are only ever added.';
COMMENT ON COLUMN report.anomalies.job IS 'Name of the job.';
COMMENT ON COLUMN report.anomalies.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.anomalies.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.anomalies.anomaly_no IS 'Number of the anomaly within its job, from 1, in order of discovery.';
COMMENT ON COLUMN report.anomalies.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.anomalies.step_no IS 'Number of the step within its run; null: it concerns the run itself.';
COMMENT ON COLUMN report.anomalies.kind IS 'What was found: unknown_status, unknown_level, status_regressed, outcome_unseen, run_returned, step_vanished, step_changed, entry_withdrawn, time_reversed, clock_skew or shape_changed.';
COMMENT ON COLUMN report.anomalies.was IS 'What the upstream said before, in the first example, as JSON; null: this kind compares with nothing, or there was nothing.';
COMMENT ON COLUMN report.anomalies.now IS 'What the upstream says now, in the first example, as JSON; null: there is nothing any more.';
COMMENT ON COLUMN report.anomalies.count IS 'Count of such findings in the snapshot, at least 1; was and now show the first.';
COMMENT ON COLUMN report.anomalies.observed_at IS 'When we had read the answer that shows it (our time).';
COMMENT ON COLUMN report.anomalies.snapshot_no IS 'Number, within the job, of the snapshot that shows it.';

COMMENT ON VIEW report.result_items IS 'One row per result that the newest answer to list a run''s results has in its body; results behind a link are not fetched.';
COMMENT ON COLUMN report.result_items.job IS 'Name of the job.';
COMMENT ON COLUMN report.result_items.source IS 'Name of the job''s source.';
COMMENT ON COLUMN report.result_items.provider IS 'Name of the API that the source speaks.';
COMMENT ON COLUMN report.result_items.run_no IS 'Number of the run within its job.';
COMMENT ON COLUMN report.result_items.item_no IS 'Place of the item in the upstream''s list, from 1.';
COMMENT ON COLUMN report.result_items.item_id IS 'The upstream''s id of the item.';
COMMENT ON COLUMN report.result_items.url IS 'The item''s link after redaction.';
COMMENT ON COLUMN report.result_items.labels IS 'The labels that the upstream gave the item, in its order; empty where there are none.';
COMMENT ON COLUMN report.result_items.output IS 'The item''s whole output, a JSON object after redaction; a text stands for what jsonb cannot hold.';
COMMENT ON COLUMN report.result_items.metadata IS 'The item''s metadata, JSON after redaction; a text stands for what jsonb cannot hold; null: it has none.';

COMMENT ON VIEW report.sources IS 'One row per source: an account at an upstream API, with its request budget and whether it is polled.';
COMMENT ON COLUMN report.sources.source IS 'Name of the source, unique among all sources.';
COMMENT ON COLUMN report.sources.provider IS 'Name of the API that the source speaks, such as woosmap or safetykit.';
COMMENT ON COLUMN report.sources.base_url IS 'URL that the provider''s paths are appended to.';
COMMENT ON COLUMN report.sources.paused_at IS 'Since when no job of the source is polled (our time); null: it is not paused.';
COMMENT ON COLUMN report.sources.paused_reason IS 'Why the source is paused; null: it is not.';
COMMENT ON COLUMN report.sources.held_until IS 'Until when the upstream asked to be left alone (Retry-After, by our clock); in the past: the hold is over; null: it never asked.';
COMMENT ON COLUMN report.sources.jobs IS 'Count of the source''s jobs that are not removed.';
COMMENT ON COLUMN report.sources.rate_every IS 'One request to the source is allowed per such interval.';
COMMENT ON COLUMN report.sources.rate_burst IS 'Count of requests that may go out at once after a quiet time.';
COMMENT ON COLUMN report.sources.schedule IS 'The cron expression of jobs that have none of their own; in UTC unless it names a zone by CRON_TZ.';
COMMENT ON COLUMN report.sources.active_every IS 'How soon after a poll the next one is due while a run is under way, where that is sooner than the schedule; it doubles after each hour without a change.';
COMMENT ON COLUMN report.sources.credential IS 'Where the credential is read from (env:NAME or file:PATH), never the credential itself.';

COMMENT ON VIEW report.changes IS 'One row per change of what is tracked: who did what to which source or job; rows are only ever added.';
COMMENT ON COLUMN report.changes.change_no IS 'Number of the change, ascending, with holes.';
COMMENT ON COLUMN report.changes.at IS 'When it was changed (our time).';
COMMENT ON COLUMN report.changes.actor IS 'Who changed it: TRACKER_ACTOR, else the user of the operating system.';
COMMENT ON COLUMN report.changes.action IS 'What was done: register, change, pause, resume, finish, reopen, remove or revive.';
COMMENT ON COLUMN report.changes.subject IS 'What it was done to: the word source or job, a blank, and its name.';
COMMENT ON COLUMN report.changes.before IS 'What was changed as it was before, a JSON object; null: there was nothing.';
COMMENT ON COLUMN report.changes.after IS 'What was changed as it was afterwards, a JSON object; null: there is nothing.';

COMMENT ON FUNCTION report.status_as_of(timestamptz, timestamptz) IS 'One row per job with its latest run as it was at as_of by what was known at known_at (now, unless given): of the run transitions observed by known_at and effective by as_of the one numbered highest; since is its effective time, the upstream''s where it gave one but never later than observed. Jobs without such a transition are absent.';
COMMENT ON FUNCTION report.state_timeline(timestamptz, timestamptz) IS 'The states of every job''s latest run between from_time and to_time, one row per interval [starts_at, ends_at), clipped to that window, and agreeing at each moment t with status_as_of(t, now()). One that began before the window is included; one still open ends at to_time or now, whichever is earlier; a terminal state lasts until the next run starts.';

-- +goose Down
-- The comments go with what they describe, which 00005 drops; until then they stay true.
SELECT 1;
