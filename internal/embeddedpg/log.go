package embeddedpg

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
)

// maxLog is the size at which a start sets the log aside, as postgres.log.1, and begins a new one.
const maxLog = 10 << 20

// tailLines is how much of the log an error quotes.
const tailLines = 10

// serverLog is the file that Postgres writes its log to.
type serverLog struct {
	file *os.File
	from int64 // where this start's lines begin
}

func openLog(path string) (serverLog, error) {
	if info, err := os.Lstat(path); err == nil && info.Size() > maxLog {
		if err := os.Rename(path, path+".1"); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return serverLog{}, err
		}
	}
	file, err := openOwned(path, os.O_RDWR|os.O_APPEND)
	if err != nil {
		return serverLog{}, err
	}
	info, err := file.Stat()
	if err != nil {
		_ = file.Close()
		return serverLog{}, err
	}
	return serverLog{file: file, from: info.Size()}, nil
}

// tail is the end of what this start has logged, ready to be put behind an error.
func (l serverLog) tail() string {
	content, _ := io.ReadAll(io.NewSectionReader(l.file, l.from, maxLog))
	return lastLines(string(content))
}

func lastLines(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return ""
	}
	lines := strings.Split(text, "\n")
	return "\n" + strings.Join(lines[max(0, len(lines)-tailLines):], "\n")
}
