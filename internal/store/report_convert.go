package store

import "tracker/internal/store/internal/dbsqlc"

// convert makes rows of one type from those of another. It never gives nil,
// which JSON would write as null.
func convert[From, To any](rows []From, to func(From) To) []To {
	converted := make([]To, len(rows))
	for i, row := range rows {
		converted[i] = to(row)
	}
	return converted
}

func toJobRow(row dbsqlc.ReportJob) JobRow {
	return JobRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, Target: row.Target, Labels: row.Labels, Tracking: row.Tracking,
		Schedule: row.Schedule, State: row.State, Status: row.Status, RunNo: row.RunNo, RunID: row.RunID,
		StateSince: row.StateSince, LastPolledAt: row.LastPolledAt, LastOutcome: row.LastOutcome, NextPollAt: row.NextPollAt,
		Failures: row.Failures, PausedReason: row.PausedReason, StallAfter: (*Interval)(row.StallAfter), RegisteredAt: row.RegisteredAt, StateSinceReported: row.StateSinceReported,
	}
}

func toSourceRow(row dbsqlc.ReportSource) SourceRow {
	return SourceRow{
		Source: row.Source, Provider: row.Provider, BaseURL: row.BaseUrl, PausedAt: row.PausedAt, PausedReason: row.PausedReason,
		HeldUntil: row.HeldUntil, Jobs: row.Jobs, RateEvery: Interval(row.RateEvery), RateBurst: row.RateBurst,
		Schedule: row.Schedule, ActiveEvery: Interval(row.ActiveEvery), Credential: row.Credential, Volatile: row.Volatile,
		PlannedPerHour: row.PlannedPerHour, AttainablePerHour: row.AttainablePerHour,
		AttainableEvery: (*Interval)(row.AttainableEvery), AttainableEveryRunning: (*Interval)(row.AttainableEveryRunning),
	}
}

func toChangeRow(row dbsqlc.ReportChange) ChangeRow {
	return ChangeRow{
		ChangeNo: row.ChangeNo, At: row.At, Actor: row.Actor, Action: row.Action, Subject: row.Subject, Before: row.Before, After: row.After,
	}
}

func toRunRow(row dbsqlc.ReportRun) RunRow {
	return RunRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, Labels: row.Labels, RunNo: row.RunNo, RunID: row.RunID,
		State: row.State, Status: row.Status, StartedAt: row.StartedAt, EndedAt: row.EndedAt, Reported: row.Reported,
		Duration: (*Interval)(row.Duration), DurationMax: (*Interval)(row.DurationMax), FirstSeenAt: row.FirstSeenAt,
		LastChangedAt: row.LastChangedAt, Steps: row.Steps, Warnings: row.Warnings, Errors: row.Errors,
		ErrorSummary: row.ErrorSummary, ResultCount: row.ResultCount, ResultExpiresAt: row.ResultExpiresAt,
		Why: row.Why, WhyWithdrawn: row.WhyWithdrawn, FailedStep: row.FailedStep, Superseded: row.Superseded,
		UsualDuration: (*Interval)(row.UsualDuration), Stalled: row.Stalled, HeldAt: row.HeldAt,
	}
}

func toStepRow(row dbsqlc.ReportStep) StepRow {
	return StepRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, RunNo: row.RunNo, StepNo: row.StepNo, Step: row.Step,
		State: row.State, Status: row.Status, StartedAt: row.StartedAt, EndedAt: row.EndedAt, Reported: row.Reported,
		Duration: (*Interval)(row.Duration), DurationMax: (*Interval)(row.DurationMax), StartedRaw: row.StartedRaw,
		EndedRaw: row.EndedRaw, ZoneAssumed: row.ZoneAssumed, FirstSeenAt: row.FirstSeenAt, VanishedAt: row.VanishedAt,
	}
}

func toTransitionRow(row dbsqlc.ReportTransition) TransitionRow {
	return TransitionRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, TransitionNo: row.TransitionNo, RunNo: row.RunNo,
		StepNo: row.StepNo, Step: row.Step, FromState: row.FromState, ToState: row.ToState, FromStatus: row.FromStatus,
		ToStatus: row.ToStatus, HappenedAt: row.HappenedAt, NotBefore: row.NotBefore, ObservedAt: row.ObservedAt,
		SnapshotNo: row.SnapshotNo,
	}
}

func toAnomalyRow(row dbsqlc.ReportAnomaly) AnomalyRow {
	return AnomalyRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, AnomalyNo: row.AnomalyNo, RunNo: row.RunNo, StepNo: row.StepNo,
		Kind: row.Kind, Was: row.Was, Now: row.Now, Count: row.Count, ObservedAt: row.ObservedAt, SnapshotNo: row.SnapshotNo,
	}
}

func toLogEntryRow(row dbsqlc.ReportLogEntry) LogEntryRow {
	return LogEntryRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, RunNo: row.RunNo, StepNo: row.StepNo, Step: row.Step,
		EntryNo: row.EntryNo, CreatedAt: row.CreatedAt, Level: row.Level, Detail: row.Detail, FirstSeenAt: row.FirstSeenAt,
		WithdrawnAt: row.WithdrawnAt, CreatedRaw: row.CreatedRaw, ZoneAssumed: row.ZoneAssumed,
	}
}

func toSnapshotRow(row dbsqlc.ReportSnapshot) SnapshotRow {
	return SnapshotRow{
		SnapshotHead: toSnapshotHead(dbsqlc.ListSnapshotsRow{
			Job: row.Job, Source: row.Source, Provider: row.Provider, SnapshotNo: row.SnapshotNo, RunNo: row.RunNo,
			ObservedAt: row.ObservedAt, NotBefore: row.NotBefore, ConfirmedAt: row.ConfirmedAt, Polls: row.Polls, Status: row.Status,
			State: row.State, Sha256: row.Sha256, Size: row.Size, Interpretation: row.Interpretation,
		}),
		Body: row.Body, BodyText: row.BodyText,
	}
}

func toSnapshotHead(row dbsqlc.ListSnapshotsRow) SnapshotHead {
	return SnapshotHead{
		Job: row.Job, Source: row.Source, Provider: row.Provider, SnapshotNo: row.SnapshotNo, RunNo: row.RunNo,
		ObservedAt: row.ObservedAt, NotBefore: row.NotBefore, ConfirmedAt: row.ConfirmedAt, Polls: row.Polls, Status: row.Status,
		State: row.State, SHA256: row.Sha256, Size: row.Size, Interpretation: row.Interpretation,
	}
}

func toPollRow(row dbsqlc.ReportPoll) PollRow {
	return PollRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, PolledAt: row.PolledAt, Outcome: row.Outcome, HTTPStatus: row.HttpStatus,
		Latency: Interval(row.Latency), SnapshotNo: row.SnapshotNo, Error: row.Error, ErrorBody: row.ErrorBody,
	}
}

func toResultItemRow(row dbsqlc.ReportResultItem) ResultItemRow {
	return ResultItemRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, RunNo: row.RunNo, ItemNo: row.ItemNo, ItemID: row.ItemID, URL: row.Url,
		Labels: nonNil(row.Labels), Output: row.Output, Metadata: row.Metadata,
	}
}

func toStalledRow(row dbsqlc.ReportStalled) StalledRow {
	return StalledRow{
		Job: row.Job, Source: row.Source, Provider: row.Provider, RunNo: row.RunNo, Step: row.Step, State: row.State, Since: row.Since,
		UsualDuration: (*Interval)(row.UsualDuration), Reported: row.Reported, StallAfter: (*Interval)(row.StallAfter), SeenAt: row.SeenAt,
	}
}

func toEventRow(row dbsqlc.ReportEvent) EventRow {
	return EventRow{
		EntryNo: row.EntryNo, At: row.At, Kind: row.Kind, Job: row.Job, Source: row.Source, RunNo: row.RunNo, Step: row.Step,
		FromState: row.FromState, ToState: row.ToState, HappenedAt: row.HappenedAt, NotBefore: row.NotBefore, ObservedAt: row.ObservedAt,
		Anomaly: row.Anomaly, Detail: row.Detail, EventNo: row.EventNo, JobID: row.JobID,
	}
}

func toGapRow(row dbsqlc.ReportGap) GapRow {
	return GapRow{Job: row.Job, Source: row.Source, Provider: row.Provider, GapFrom: row.GapFrom, GapTo: row.GapTo, Reason: row.Reason}
}
