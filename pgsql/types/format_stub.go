package types
func ToNumber(s, f string) (Numeric, error) {return Numeric{},nil}
func ToDate(s, f string, env *Env) (int64, error) {return 0,nil}
func ToTimestampFormat(s, f string, env *Env) (int64, error) {return 0,nil}
