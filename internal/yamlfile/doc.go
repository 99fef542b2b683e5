// Package yamlfile reads YAML that people write: mappings whose keys are known,
// lists and single values, each with its line and column. It goes on after an
// error, so that all that is wrong is told at once, and quotes nothing that may be
// a secret. What the keys mean is for others to say.
package yamlfile
