package source

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TargetField is a field of a job's target. Its value becomes one segment of
// the path of a request.
type TargetField struct {
	Name  string
	Check func(value string) error // says what else is wrong with value; nil where nothing can be

	// AnyCase is true where letters may be written in either case.
	AnyCase bool
}

// TargetNames gives the names of the target's fields, in their order.
func (p Provider) TargetNames() []string {
	names := make([]string, len(p.Target))
	for i, field := range p.Target {
		names[i] = field.Name
	}
	return names
}

// CheckTarget reports the first thing that is wrong with a job's target, by
// the name of its field: one that is unknown, missing, empty or unusable.
func (p Provider) CheckTarget(target map[string]string) error {
	names := p.TargetNames()
	for _, name := range slices.Sorted(maps.Keys(target)) {
		if !slices.Contains(names, name) {
			return fmt.Errorf("target field %s: unknown to %s, which has %s", name, p.Name, strings.Join(names, ", "))
		}
	}
	for _, field := range p.Target {
		value, found := target[field.Name]
		if !found {
			return fmt.Errorf("target field %s: missing", field.Name)
		}
		if err := field.check(value); err != nil {
			return fmt.Errorf("target field %s: %w", field.Name, err)
		}
	}
	return nil
}

// TargetKey is equal for targets that are the same, however they are written.
func (p Provider) TargetKey(target map[string]string) string {
	same := maps.Clone(target)
	for _, field := range p.Target {
		if value, found := same[field.Name]; found && field.AnyCase {
			same[field.Name] = strings.ToLower(value)
		}
	}
	return fmt.Sprintf("%q", same)
}

func (f TargetField) check(value string) error {
	if err := checkSegment(value); err != nil {
		return err
	}
	if f.Check == nil {
		return nil
	}
	return f.Check(value)
}

// checkSegment refuses what no escaping makes one segment of a path, and what
// Postgres does not keep.
func checkSegment(value string) error {
	switch {
	case value == "":
		return errors.New("empty")
	case value == "." || value == "..":
		return fmt.Errorf("%q is no name", value)
	case !utf8.ValidString(value) || strings.ContainsFunc(value, unicode.IsControl):
		return fmt.Errorf("%q has control characters or is not UTF-8", value)
	}
	return nil
}

var uuid = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)

func checkUUID(value string) error {
	if !uuid.MatchString(value) {
		return fmt.Errorf("%q is no UUID", value)
	}
	return nil
}
