package plan
import ("testing";"strings";"polyreme/pgsql/catalog")
func TestZZViews(t *testing.T){
 s:=newSession(t); n,bad:=0,map[string]int{}
 for _,r:=range s.cat.Relations(){ if r.System && (r.Kind==catalog.KindView||r.Kind==catalog.KindTable) { n++
   out:=s.exec("SELECT * FROM "+catalog.QualifiedName(r.SchemaName,r.Name))
   if strings.HasPrefix(out,"ERROR") { msg:=strings.TrimSpace(out); bad[msg]++; t.Log(r.Name, msg) }
 }}
 t.Log(n, len(bad))
}
