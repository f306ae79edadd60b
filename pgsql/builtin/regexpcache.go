package builtin

type regexpCache struct{}
