package yamlfile

import (
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// Place is where something stands in a file, counted from 1.
type Place struct{ Line, Column int }

// Places knows where each path stands, such as "jobs[3].target.dataset_id".
type Places map[string]Place

// Find returns the place of a path, or of the nearest thing around it that
// stands in the file.
func (p Places) Find(path string) Place {
	for {
		if found, ok := p[path]; ok || path == "" {
			return found
		}
		path = path[:max(strings.LastIndexByte(path, '.'), 0)]
	}
}

func placeOf(node ast.Node) Place {
	if mapping, ok := node.(*ast.MappingNode); ok && !mapping.IsFlowStyle && len(mapping.Values) > 0 {
		return placeOf(mapping.Values[0].Key) // the token of a mapping is its first colon
	}
	token := node.GetToken()
	if token == nil || token.Position == nil {
		return Place{}
	}
	return Place{Line: token.Position.Line, Column: token.Position.Column}
}
