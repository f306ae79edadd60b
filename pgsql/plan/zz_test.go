package plan
import ("polyreme/sqlfsm/sqlite";"polyreme/pgwire/pgerr")
func zzHook(c *sqlite.Conn){ c.CreateFunction("pg_raise",2,0,func(ctx *sqlite.Context,a *sqlite.Args){ ctx.ResultError(pgerr.New(string(a.Bytes(0)),"%s",string(a.Bytes(1)))) }) }
