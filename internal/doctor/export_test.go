package doctor

// JudgeDisk is for tests, which cannot fill a disk.
var JudgeDisk = judgeDisk
