package types_test
import ("testing";"time";"polyreme/pgsql/types";"fmt")
func TestSlow(t *testing.T){
 n:=func(s string) types.Numeric { v,err:=types.ParseNumeric([]byte(s)); if err!=nil{panic(err)}; return v}
 tm:=func(name string,f func()){ s:=time.Now(); f(); fmt.Println(name,time.Since(s))}
 tm("exp5000",func(){n("5000").Exp()})
 tm("ln big",func(){n("1e131000").Ln()})
 tm("ln 2",func(){n("2").Ln()})
 tm("ln 2",func(){n("2").Ln()})
 tm("0.5^0.5",func(){n("0.5").Power(n("0.5"))})
 tm("power near", func(){ x,_:=n("1").Add(n("1e-16000")); x.Power(n("1e15999")) })
 tm("log near", func(){ x,_:=n("1").Add(n("1e-16000")); x.Log(n("5")) })
}
