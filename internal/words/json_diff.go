package words

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
)

// JSONChange is a path at which two JSON documents differ. Was is nil where
// the path is new, Now where it has gone.
type JSONChange struct {
	Path string          `json:"path"` // such as steps[1].status, elements counted from 0
	Was  json.RawMessage `json:"was,omitempty"`
	Now  json.RawMessage `json:"now,omitempty"`
}

// DiffJSON lists what differs between the values of two documents, in the
// order of their paths. The order of fields, white space and the way in which
// a string is escaped are no differences.
func DiffJSON(was, now []byte) ([]JSONChange, error) {
	before, err := decodeJSON(was)
	if err != nil {
		return nil, err
	}
	after, err := decodeJSON(now)
	if err != nil {
		return nil, err
	}
	d := jsonDiff{changes: []JSONChange{}}
	d.values("", before, after)
	return d.changes, nil
}

// decodeJSON keeps numbers as they are written.
func decodeJSON(body []byte) (v any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	err = decoder.Decode(&v)
	return v, err
}

type jsonDiff struct{ changes []JSONChange }

func (d *jsonDiff) values(path string, was, now any) {
	switch was := was.(type) {
	case map[string]any:
		if now, same := now.(map[string]any); same {
			d.objects(path, was, now)
			return
		}
	case []any:
		if now, same := now.([]any); same {
			d.lists(path, was, now)
			return
		}
	}
	if !reflect.DeepEqual(was, now) {
		d.changes = append(d.changes, JSONChange{Path: path, Was: compact(was), Now: compact(now)})
	}
}

func (d *jsonDiff) objects(path string, was, now map[string]any) {
	keys := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(now)))
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		before, had := was[key]
		after, has := now[key]
		switch at := member(path, key); {
		case !has:
			d.changes = append(d.changes, JSONChange{Path: at, Was: compact(before)})
		case !had:
			d.changes = append(d.changes, JSONChange{Path: at, Now: compact(after)})
		default:
			d.values(at, before, after)
		}
	}
}

// lists pairs equal elements in order; what stands between two such pairs was
// changed, if it can be recognised, or removed and added.
func (d *jsonDiff) lists(path string, was, now []any) {
	pairs := pairEqual(was, now)
	i, j := 0, 0
	for _, pair := range append(pairs, [2]int{len(was), len(now)}) {
		d.gap(path, was[i:pair[0]], now[j:pair[1]], i, j)
		i, j = pair[0]+1, pair[1]+1
	}
}

// gap compares elements of which none has its equal.
func (d *jsonDiff) gap(path string, was, now []any, i, j int) {
	next := 0
	for n, element := range now {
		pair := recognise(was[next:], element, len(was)-next == len(now)-n)
		at := path + "[" + strconv.Itoa(j+n) + "]"
		if pair < 0 {
			d.changes = append(d.changes, JSONChange{Path: at, Now: compact(element)})
			continue
		}
		d.gone(path, was[next:next+pair], i+next)
		d.values(at, was[next+pair], element)
		next += pair + 1
	}
	d.gone(path, was[next:], i+next)
}

func (d *jsonDiff) gone(path string, was []any, i int) {
	for n, element := range was {
		d.changes = append(d.changes, JSONChange{Path: path + "[" + strconv.Itoa(i+n) + "]", Was: compact(element)})
	}
}

// recognise finds the element that has become another: the one with its id or
// name, else, where as many are left on both sides, the one in its place.
func recognise(was []any, now any, inPlace bool) int {
	identity := identityOf(now)
	if identity == "" {
		if inPlace && len(was) > 0 && identityOf(was[0]) == "" {
			return 0
		}
		return -1
	}
	return slices.IndexFunc(was, func(v any) bool { return identityOf(v) == identity })
}

// identityOf is what an object calls itself, if it does.
func identityOf(v any) string {
	object, _ := v.(map[string]any)
	for _, key := range []string{"id", "name"} {
		if text, ok := object[key].(string); ok {
			return key + ":" + text
		}
	}
	return ""
}

// pairEqual gives the longest rising sequence of pairs of equal elements. Of
// several that are equal the first goes with the first, and so on.
func pairEqual(was, now []any) [][2]int {
	places := map[string][]int{}
	for i, element := range was {
		key := string(compact(element))
		places[key] = append(places[key], i)
	}
	var pairs [][2]int
	for j, element := range now {
		key := string(compact(element))
		if free := places[key]; len(free) > 0 {
			pairs, places[key] = append(pairs, [2]int{free[0], j}), free[1:]
		}
	}
	return rising(pairs)
}

// rising is a longest subsequence whose first numbers rise. ends[n] is the pair
// that ends the best one of n+1 pairs, before[k] the pair that precedes pair k.
func rising(pairs [][2]int) [][2]int {
	var ends []int
	before := make([]int, len(pairs))
	for k, pair := range pairs {
		n := sort.Search(len(ends), func(n int) bool { return pairs[ends[n]][0] > pair[0] })
		before[k] = -1
		if n > 0 {
			before[k] = ends[n-1]
		}
		if n == len(ends) {
			ends = append(ends, k)
		}
		ends[n] = k
	}
	var longest [][2]int
	if len(ends) > 0 {
		for k := ends[len(ends)-1]; k >= 0; k = before[k] {
			longest = append(longest, pairs[k])
		}
	}
	slices.Reverse(longest)
	return longest
}

var simpleKey = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// member is the path of a field.
func member(path, key string) string {
	if !simpleKey.MatchString(key) {
		return fmt.Sprintf("%s[%s]", path, compact(key))
	}
	if path == "" {
		return key
	}
	return path + "." + key
}

// compact is a value in one line, its fields sorted.
func compact(v any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil { // never: v was decoded from JSON
		return json.RawMessage(strconv.Quote(err.Error()))
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
