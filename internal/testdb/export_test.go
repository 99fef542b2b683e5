package testdb

var (
	BuildTemplate = buildTemplate
	Drop          = drop
	SharedServer  = sharedServer
	TemplateName  = templateName
	WithDatabase  = withDatabase
)
