package upstreamsim

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
	"time"

	"github.com/goccy/go-yaml"
)

// Play is what any API answers, as a scenario file has it: by path, one payload
// after the other.
type Play struct {
	Provider string     `yaml:"provider"`
	Accept   Credential `yaml:"accept"`
	Jobs     []PlayJob  `yaml:"jobs"`
}

// Credential is what a request has to come with.
type Credential struct {
	Secret  string            `yaml:"secret"`  // what the client is given
	Headers map[string]string `yaml:"headers"` // as they have to come
	Query   map[string]string `yaml:"query"`   // likewise
}

// PlayJob is one import and what a client sees of it.
type PlayJob struct {
	Name    string                  `yaml:"name"`
	Target  map[string]string       `yaml:"target"`
	Answers map[string][]PlayAnswer `yaml:"answers"` // by path and, where it has one, query; "POST PATH TEXT" are those to one whose body has the text
	Polls   []PlayPoll              `yaml:"polls"`   // one after the other
}

// PlayAnswer is one answer. The last of a path is given from then on.
type PlayAnswer struct {
	Status  int               `yaml:"status"` // 0: 200
	Headers map[string]string `yaml:"headers"`
	Body    string            `yaml:"body"` // a file beside the scenario
	Text    string            `yaml:"text"` // the body itself
}

// PlayPoll is what a poll is to bring.
type PlayPoll struct {
	Outcome string         `yaml:"outcome"`
	State   string         `yaml:"state"`
	Rows    map[string]int `yaml:"rows"` // how many: steps, entries, items
}

// ReadPlay reads a scenario file and the payloads beside it.
func ReadPlay(files fs.FS, name string) (Play, error) {
	var play Play
	text, err := fs.ReadFile(files, name)
	if err == nil {
		err = yaml.UnmarshalWithOptions(text, &play, yaml.Strict())
	}
	if err != nil {
		return Play{}, fmt.Errorf("scenario %s: %w", name, err)
	}
	for _, job := range play.Jobs {
		for at, answers := range job.Answers {
			if len(answers) == 0 {
				return Play{}, fmt.Errorf("scenario %s: %s has no answers", name, at)
			}
			for i, answer := range answers {
				if answer.Body == "" {
					continue
				}
				body, err := fs.ReadFile(files, path.Join(path.Dir(name), answer.Body))
				if err != nil {
					return Play{}, fmt.Errorf("scenario %s: %w", name, err)
				}
				answers[i].Text = string(body)
			}
		}
	}
	return play, nil
}

// API plays an API by a scenario file. A path may be asked with more of a query than
// the file names; of several that match the one that names the most counts.
type API struct {
	accept   Credential
	requests *Requests

	mu      sync.Mutex
	answers []*playedPath
}

type playedPath struct {
	method string
	path   string
	query  map[string]string
	body   string // what the body of a request has in it
	script script
}

// NewAPI gives the service of a scenario, which notes its requests.
func NewAPI(play Play, requests *Requests) (*API, error) {
	api := &API{accept: play.Accept, requests: requests}
	if len(play.Accept.Headers)+len(play.Accept.Query) == 0 {
		return nil, errors.New("the scenario accepts no credential")
	}
	for _, job := range play.Jobs {
		for at, answers := range job.Answers {
			played := &playedPath{method: http.MethodGet, query: map[string]string{}}
			if rest, post := strings.CutPrefix(at, "POST "); post {
				played.method = http.MethodPost
				at, played.body, _ = strings.Cut(rest, " ")
			}
			address, query, _ := strings.Cut(at, "?")
			played.path = address
			for pair := range strings.SplitSeq(query, "&") {
				if name, value, has := strings.Cut(pair, "="); has {
					played.query[name] = value
				}
			}
			for _, answer := range answers {
				played.script.frames = append(played.script.frames, answer.frame())
			}
			api.answers = append(api.answers, played)
		}
	}
	return api, nil
}

func (a PlayAnswer) frame() Frame {
	frame := Status(a.Status, a.Text)
	for name, value := range a.Headers {
		frame = frame.With(name, value)
	}
	return frame
}

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	a.requests.add(r)
	switch answers := a.find(r); {
	case !a.accept.matches(r):
		Status(http.StatusUnauthorized, `{"error":"unauthorized"}`).serve(out, r)
	case answers == nil:
		Status(http.StatusNotFound, `{"error":"not found"}`).serve(out, r)
	default:
		answers.script.frame(time.Now()).serve(out, r)
	}
}

func (c Credential) matches(r *http.Request) bool {
	for name, value := range c.Headers {
		if r.Header.Get(name) != value {
			return false
		}
	}
	for name, value := range c.Query {
		if r.URL.Query().Get(name) != value {
			return false
		}
	}
	return true
}

func (a *API) find(r *http.Request) (best *playedPath) {
	query := r.URL.Query()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, at := range a.answers {
		matches := at.method == r.Method && at.path == r.URL.EscapedPath() && strings.Contains(string(body), at.body)
		for name, value := range at.query {
			matches = matches && query.Get(name) == value
		}
		if matches && (best == nil || at.names() > best.names()) {
			best = at
		}
	}
	return best
}

// names is how much of a request it names.
func (p *playedPath) names() int {
	if p.body == "" {
		return len(p.query)
	}
	return len(p.query) + 1
}
