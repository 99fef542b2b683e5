package audit

import (
	"errors"
	"syscall"
)

// FullDisk takes so much of what is appended and no more.
type FullDisk struct{ publisher *Publisher }

// FillDisk leaves a publisher's disk so many bytes for each that it appends.
func FillDisk(p *Publisher, left int) FullDisk {
	p.append = func(path, text string) error {
		return errors.Join(appendTo(path, text[:left]), syscall.ENOSPC)
	}
	return FullDisk{p}
}

// End makes room.
func (d FullDisk) End() { d.publisher.append = appendTo }
