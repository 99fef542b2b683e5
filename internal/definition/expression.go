package definition

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/itchyny/gojq"
)

// expression is a jq program of a definition. It may be run by many goroutines at
// once.
type expression struct {
	field string // of the definition, such as "run_id" or "requests[1].when"
	code  *gojq.Code
	uses  []string // the requests it speaks of by name
}

// forbidden are functions whose value depends on more than the answer: what was
// read once has to be read the same for ever.
var forbidden = []string{"now", "localtime", "strflocaltime", "input", "inputs", "env", "$ENV", "debug", "stderr", "input_filename", "input_line_number", "halt", "halt_error"}

// compile compiles a program that knows $target and the answers of the named
// requests.
func compile(field, text string, names, fields []string) (*expression, error) {
	query, err := gojq.Parse(text)
	if err != nil {
		return nil, err
	}
	return compileQuery(field, query, names, fields)
}

func compileQuery(field string, query *gojq.Query, names, fields []string) (*expression, error) {
	called := map[string]bool{}
	collectCalls(reflect.ValueOf(query), called)
	for _, name := range forbidden {
		if called[name] {
			return nil, fmt.Errorf("%s is not for a definition: an answer has to be read the same at any time and place", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(called)) {
		if of, isTarget := strings.CutPrefix(name, "$target."); isTarget && !slices.Contains(fields, of) {
			return nil, fmt.Errorf("$target.%s is no field of the target, which has %s", of, strings.Join(fields, ", "))
		}
	}
	e := &expression{field: field}
	variables := []string{"$target"}
	for _, name := range names {
		variables = append(variables, "$"+name)
		if called["$"+name] {
			e.uses = append(e.uses, name)
		}
	}
	var err error
	if e.code, err = gojq.Compile(query, gojq.WithVariables(variables), gojq.WithFunction(putIn, 0, 0, checkPutIn)); err != nil {
		return nil, err
	}
	return e, nil
}

// putIn is a function of jq that gives what it is given, if that can be part of a text.
const putIn = "_put_in"

// putInError is of what cannot be part of a text: jq itself would write null, or JSON.
type putInError struct{ kind string }

func (e putInError) Error() string { return "it puts in " + e.kind + ", want a string or a number" }

func checkPutIn(value any, _ []any) any {
	if _, ok := scalarText(value); !ok {
		return putInError{kindOf(value)}
	}
	return value
}

// collectCalls collects the names of all functions and variables in a program, and of
// the fields of $target.
func collectCalls(v reflect.Value, called map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		switch node := v.Interface().(type) {
		case *gojq.Func:
			if node != nil {
				called[node.Name] = true
			}
		case *gojq.Term:
			if node != nil && node.Func != nil && node.Func.Name == "$target" && len(node.SuffixList) > 0 && node.SuffixList[0].Index != nil && node.SuffixList[0].Index.Name != "" {
				called["$target."+node.SuffixList[0].Index.Name] = true
			}
		}
		if !v.IsNil() {
			collectCalls(v.Elem(), called)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			collectCalls(field, called)
		}
	case reflect.Slice:
		for i := range v.Len() {
			collectCalls(v.Index(i), called)
		}
	}
}

// runError tells of a program that gave what it must not. It names the
// expression and the field, never what the answer holds.
type runError struct {
	field   string // such as "steps[2].start"
	problem string
}

func (e *runError) Error() string { return e.field + ": " + e.problem }

// run gives the values of a program one by one, until each returns an error. What
// a program fails with quotes the answer, and so is not told.
func (e *expression) run(in *input, each func(value any) error) error {
	values := e.code.RunWithContext(in.meter, in.root, in.variables...)
	for {
		value, more := values.Next()
		if !more {
			return nil
		}
		if err, failed := value.(error); failed {
			if in.meter.err != nil {
				return &runError{e.field, "its expression was stopped: " + in.meter.err.Error()}
			}
			var halt *gojq.HaltError
			if errors.As(err, &halt) || e.speaksOfUnsent(in) {
				return nil
			}
			if wrong, ok := errors.AsType[putInError](err); ok {
				return &runError{e.field, wrong.Error()}
			}
			return &runError{e.field, "its expression fails on this answer"}
		}
		if err := each(value); err != nil {
			return err
		}
	}
}

// speaksOfUnsent reports whether a program speaks of a request that was not sent:
// then it fails on the null in its place, and has nothing to tell.
func (e *expression) speaksOfUnsent(in *input) bool {
	return slices.ContainsFunc(e.uses, func(name string) bool { return in.unsent[name] })
}

// one gives the only value of a program; found is false where it yields nothing.
func (e *expression) one(in *input) (value any, found bool, err error) {
	err = e.run(in, func(v any) error {
		if found {
			return &runError{e.field, "its expression yields more than one value"}
		}
		value, found = v, true
		return nil
	})
	return value, found, err
}

// parseErrorAt gives where in a program's text an error of the parser is.
func parseErrorAt(err error) (offset int, message string) {
	parse, ok := errors.AsType[*gojq.ParseError](err)
	if !ok {
		return 0, err.Error()
	}
	return max(0, parse.Offset-max(1, len(parse.Token))), strings.TrimSpace(parse.Error())
}
