package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc: a hundredth of a second on every
// platform that Linux runs Go on.
const tick = 10 * time.Millisecond

// The fields of /proc/PID/stat after the command's name, as proc(5) numbers
// them less three.
const (
	fieldParent   = 1
	fieldUser     = 11 // the first of four: user and system time, its own and that of ended children
	fieldsOfTimes = 4
)

// stat reads a process's parent and CPU times.
func stat(pid int) (parent int, own, children time.Duration, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	if parent, err = strconv.Atoi(fields[fieldParent]); err != nil {
		return 0, 0, 0, err
	}
	var times [fieldsOfTimes]time.Duration
	for i := range times {
		ticks, err := strconv.Atoi(fields[fieldUser+i])
		if err != nil {
			return 0, 0, 0, err
		}
		times[i] = time.Duration(ticks) * tick
	}
	return parent, times[0] + times[1], times[2] + times[3], nil
}

// spentBy gives the CPU time that a process has used.
func spentBy(pid int) (time.Duration, error) {
	_, own, _, err := stat(pid)
	return own, err
}

// spentByServer gives the CPU time that a Postgres server has used: its
// postmaster's, that of the processes which it has, and of those which it had.
func spentByServer(cluster string) (time.Duration, error) {
	file, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return 0, err
	}
	first, _, _ := strings.Cut(string(file), "\n")
	postmaster, err := strconv.Atoi(first)
	if err != nil {
		return 0, err
	}
	_, own, ended, err := stat(postmaster)
	if err != nil {
		return 0, err
	}
	spent := own + ended
	processes, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range processes {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		if err != nil {
			return 0, err
		}
		if parent, own, _, err := stat(pid); err == nil && parent == postmaster { // it may have ended by now
			spent += own
		}
	}
	return spent, nil
}
