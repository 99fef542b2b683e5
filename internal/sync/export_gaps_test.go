package sync

// GapsEndedBy is gapsEndedBy.
var GapsEndedBy = gapsEndedBy
